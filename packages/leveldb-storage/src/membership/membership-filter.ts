import type { RecordKey, RecordKind } from '@blockstrata/db-p2p/storage';
import { readTablesInForce } from '../engine-files/tables-in-force.js';
import type { TableIndexes } from '../engine-files/table-indexes.js';
import { StringFilter } from './string-filter.js';
import { TableFilters } from './table-filters.js';

/** How many filters of keys that may be in no table yet are kept: 4 MiB (INV-12). */
export const RECENT_FILTERS_MAX = 8;

/** Keys that were written since the filter before it was full. */
type Recent = {
  readonly keys: StringFilter;
  /** The number of the newest log that can hold one of the keys; known once the filter is full. */
  newestLog: number | undefined;
};

/**
 * Knows of keys that LevelDB holds nowhere, so that it need not be asked. LevelDB counts a read that looks into more than
 * one table against the first of them, and merges that table into the next level after about a hundred: so asking for what
 * is not there, as every insert must, has it write all of its tables again and again.
 *
 * What was written in this session is in filters of its own. What was written before is in tables, which have Bloom filters.
 * Once a filter is full, the tables of that moment's version take the place of filters whose keys all went into them.
 */
export class MembershipFilter {
  readonly #directory: string;
  readonly #indexes: TableIndexes;
  #tables: TableFilters;
  readonly #filterKeysMax: number | undefined;
  /** Oldest first; the last one takes what is written. */
  #recent: Recent[];
  #refreshing: Promise<void> | undefined;

  private constructor(
    directory: string,
    indexes: TableIndexes,
    tables: TableFilters,
    filterKeysMax: number | undefined,
  ) {
    this.#directory = directory;
    this.#indexes = indexes;
    this.#tables = tables;
    this.#filterKeysMax = filterKeysMax;
    this.#recent = [this.#begin()];
  }

  /**
   * The filter of a database that was just opened, before anything is written. `undefined`: it cannot be told what the
   * tables hold.
   */
  static async open(
    directory: string,
    indexes: TableIndexes,
    filterKeysMax?: number,
  ): Promise<MembershipFilter | undefined> {
    const found = await readTablesInForce(directory);
    if (found?.logsAreEmpty !== true) return undefined;
    return new MembershipFilter(directory, indexes, new TableFilters(found.tables, indexes), filterKeysMax);
  }

  /** Whether LevelDB may hold a record; `false`: it does not. */
  mayHold({ kind, encoded }: RecordKey): boolean {
    if (!isLookedForInVain(kind) || this.#recent.length > RECENT_FILTERS_MAX) return true;
    for (const { keys } of this.#recent) if (keys.mayHold(encoded)) return true;
    return this.#tables.mayHold(encoded);
  }

  /** Says that a record is about to be written. */
  add({ kind, encoded }: RecordKey): void {
    if (isLookedForInVain(kind) && this.#recent.length <= RECENT_FILTERS_MAX) this.#recent.at(-1)?.keys.add(encoded);
  }

  /** Says that every batch whose keys were added has been written, so that no later log can hold one of them. */
  settle(): void {
    const growing = this.#recent.at(-1);
    if (growing?.keys.isFull !== true || this.#recent.length > RECENT_FILTERS_MAX) return;
    const full = [...this.#recent];
    this.#recent.push(this.#begin());
    // Where files cannot be read now, the next full filter has them read; LevelDB is only asked more often until then.
    this.#refreshing ??= this.#refresh(full)
      .catch(() => undefined)
      .finally(() => (this.#refreshing = undefined));
  }

  /** Resolves when no file is being read any more. */
  async close(): Promise<void> {
    await this.#refreshing;
  }

  #begin(): Recent {
    return { keys: new StringFilter(this.#filterKeysMax), newestLog: undefined };
  }

  async #refresh(full: readonly Recent[]): Promise<void> {
    const found = await readTablesInForce(this.#directory);
    if (found === undefined) return;
    for (const recent of full) recent.newestLog ??= found.newestLog;
    const isFlushed = ({ newestLog = Number.POSITIVE_INFINITY }: Recent) => newestLog < found.unflushedFrom;
    this.#recent = this.#recent.filter(recent => !isFlushed(recent));
    this.#tables = new TableFilters(found.tables, this.#indexes);
  }
}

// The head of a block that is to be inserted, and whether a transaction was committed already. Of the other kinds, what is
// not there is seldom asked for.
function isLookedForInVain(kind: RecordKind): boolean {
  return kind === 'meta' || kind === 'trx';
}
