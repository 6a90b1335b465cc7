import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessGone } from '../system-errors.js';
import { placeIn, type Finding } from './findings.js';
import { LevelTables, type TableFile } from './level-tables.js';
import { SpotChecks } from './spot-checks.js';
import { tableInMemory } from './table-blocks.js';
import { checkTable, type TableDamage } from './table-check.js';
import type { TableIndexes } from './table-indexes.js';

/** Keys that damage concerns; the last is inclusive. */
export type DamagedRange = {
  readonly from: Uint8Array;
  readonly fromInclusive: boolean;
  readonly upTo: Uint8Array;
};

type DamagedTable = { readonly table: TableFile; readonly damage: TableDamage };

/**
 * Keeps LevelDB's readers away from tables that nobody has checked since the store was opened, and from damage in those
 * that were (INV-6). Tables that LevelDB makes later on it makes from what it has read.
 */
export class TableGuard {
  readonly #directory: string;
  readonly #unchecked: LevelTables;
  readonly #underCheck = new Map<TableFile, Promise<void>>();
  readonly #damaged: DamagedTable[] = [];
  readonly #spots: SpotChecks;

  constructor(directory: string, tables: Iterable<TableFile>, indexes: TableIndexes) {
    this.#directory = directory;
    this.#unchecked = new LevelTables(tables);
    this.#spots = new SpotChecks(indexes);
  }

  /** Nothing is left to check, and nothing was found. */
  get isIdle(): boolean {
    return this.#damaged.length === 0 && this.#unchecked.isEmpty;
  }

  /** Something was found. */
  get hasFindings(): boolean {
    return this.#damaged.length > 0;
  }

  /** What was found so far. */
  get findings(): Finding[] {
    return this.#damaged.map(({ table, damage }) => findingOf(table, damage));
  }

  /** The tables that hold keys from `low` to `high` and were not checked yet. */
  unchecked(low: Uint8Array, high: Uint8Array): TableFile[] {
    return this.#unchecked.reaching(low, high);
  }

  /** Checks tables; each is read once, however many ask. */
  async check(tables: readonly TableFile[]): Promise<void> {
    await Promise.all(
      tables.map(table => {
        const known = this.#underCheck.get(table);
        if (known !== undefined) return known;
        const check = this.#checkOne(table).finally(() => this.#underCheck.delete(table));
        this.#underCheck.set(table, check);
        return check;
      }),
    );
  }

  /** Checks all tables that were not checked yet. */
  async checkAll(): Promise<void> {
    for (const table of this.#unchecked.all()) await this.check([table]);
  }

  /** Checks what a read of one key touches, and gives the damage that it would meet. */
  damageAt(key: Uint8Array): Finding | undefined {
    const known = this.damageIn(key, key);
    if (known !== undefined) return known;
    for (const table of this.unchecked(key, key)) {
      const [damage] = this.#spots.check(table, key);
      if (damage === undefined) continue;
      this.#damaged.push({ table, damage });
      return findingOf(table, damage);
    }
    return undefined;
  }

  /** The damage that concerns a key from `low` to `high`. */
  damageIn(low: Uint8Array, high: Uint8Array): Finding | undefined {
    for (const { table, damage } of this.#damagedFrom(low, high)) return findingOf(table, damage);
    return undefined;
  }

  /** Where in `low` to `high` there are keys that damage concerns. */
  damagedRanges(low: Uint8Array, high: Uint8Array): DamagedRange[] {
    return Array.from(this.#damagedFrom(low, high), ({ table, damage: { above, upTo = table.largest } }) => ({
      from: above ?? table.smallest,
      fromInclusive: above === undefined,
      upTo,
    }));
  }

  *#damagedFrom(low: Uint8Array, high: Uint8Array): Iterable<DamagedTable> {
    for (const damaged of this.#damaged) {
      const { table, damage } = damaged;
      const { above, upTo = table.largest } = damage;
      const begins = above === undefined ? Buffer.compare(table.smallest, high) <= 0 : Buffer.compare(above, high) < 0;
      if (begins && Buffer.compare(upTo, low) >= 0) yield damaged;
    }
  }

  async #checkOne(table: TableFile): Promise<void> {
    // LevelDB may have made other tables of it.
    const bytes = await readFile(join(this.#directory, table.name)).catch(unlessGone);
    const damages = bytes === undefined ? [] : checkTable(tableInMemory(bytes), table.smallest);
    for (const damage of damages) this.#damaged.push({ table, damage });
    this.#unchecked.remove(table);
  }
}

function findingOf({ name, level, number }: TableFile, { offset, problem }: TableDamage): Finding {
  return { record: placeIn(name, offset), problem, remedy: { kind: 'drop-table', level, number, name } };
}
