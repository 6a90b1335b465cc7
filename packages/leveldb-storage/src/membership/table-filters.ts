import { mayHold } from '../engine-files/bloom-filters.js';
import { LevelTables, type TableFile } from '../engine-files/level-tables.js';
import { findBlock } from '../engine-files/table-blocks.js';
import type { TableDamage } from '../engine-files/table-check.js';
import type { LoadedIndex, TableIndexes } from '../engine-files/table-indexes.js';
import { unlessSystemFailed } from '../system-errors.js';

/** Which keys some tables may hold, as LevelDB's own Bloom filters say. */
export class TableFilters {
  readonly #tables: LevelTables;
  readonly #indexes: TableIndexes;
  #isStale = false;

  constructor(tables: Iterable<TableFile>, indexes: TableIndexes) {
    this.#tables = new LevelTables(tables);
    this.#indexes = indexes;
  }

  /** A table could not be read: LevelDB has merged it into others, most likely. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Whether one of the tables may hold a key; `false`: none does. A table that cannot be asked may hold any. */
  mayHold(key: string): boolean {
    if (this.#tables.isEmpty) return false;
    const bytes = Buffer.from(key);
    return this.#tables.reaching(bytes, bytes).some(table => this.#tableMayHold(table, bytes));
  }

  // As LevelDB looks: into one block, if its filter lets the key in.
  #tableMayHold(table: TableFile, key: Uint8Array): boolean {
    try {
      const index = this.#indexes.known(table) ?? this.#load(table);
      if (index === undefined) return true;
      const block = findBlock(index.blocks, key);
      return block !== undefined && (index.filters === undefined || mayHold(index.filters, block.handle.offset, key));
    } catch (error) {
      // An index whose structure is broken tells nothing; the check that comes before LevelDB is asked tells what is wrong.
      if (!(error instanceof RangeError)) throw error;
      return true;
    }
  }

  #load(table: TableFile): LoadedIndex | undefined {
    let damages: readonly TableDamage[] = [];
    try {
      damages = this.#indexes.withBytes(table, bytes => {
        const index = this.#indexes.load(table, bytes);
        return 'problem' in index ? [index] : [];
      });
    } catch (error) {
      unlessSystemFailed(error);
    }
    const loaded = this.#indexes.known(table);
    this.#isStale ||= loaded === undefined && damages.length === 0;
    return loaded;
  }
}
