import type { TableEntry } from './version-edit.js';

/** A table with its file. */
export type TableFile = TableEntry & { readonly name: string };

const LEVELS = 7;

/** Tables by level and, in a level, by key. Only those of level 0 overlap. */
export class LevelTables {
  readonly #levels: TableFile[][] = Array.from({ length: LEVELS }, () => []);

  constructor(tables: Iterable<TableFile>) {
    for (const table of tables) this.#levels[table.level]?.push(table);
    for (const level of this.#levels) level.sort(byKeys);
  }

  get isEmpty(): boolean {
    return this.#levels.every(level => level.length === 0);
  }

  /** All of them, as they are now. */
  all(): TableFile[] {
    return this.#levels.flat();
  }

  /** The tables that hold keys from `low` to `high`. */
  reaching(low: Uint8Array, high: Uint8Array): TableFile[] {
    const found: TableFile[] = [];
    this.#levels.forEach((tables, level) => {
      for (let i = level === 0 ? 0 : firstReaching(tables, low); i < tables.length; i++) {
        const table = tables[i];
        if (table === undefined || Buffer.compare(table.smallest, high) > 0) break;
        if (Buffer.compare(table.largest, low) >= 0) found.push(table);
      }
    });
    return found;
  }

  /** Takes a table out, if it is there. */
  remove(table: TableFile): void {
    const tables = this.#levels[table.level] ?? [];
    const place = tables.indexOf(table);
    if (place >= 0) tables.splice(place, 1);
  }
}

// Versions of one key can end one table and begin the next.
function byKeys(a: TableFile, b: TableFile): number {
  return Buffer.compare(a.smallest, b.smallest) || Buffer.compare(a.largest, b.largest);
}

// The first table whose keys reach up to `key`, by halving.
function firstReaching(tables: readonly TableFile[], key: Uint8Array): number {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const table = tables[middle];
    if (table !== undefined && Buffer.compare(table.largest, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
