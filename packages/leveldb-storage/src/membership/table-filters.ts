import { mayHold } from '../engine-files/bloom-filters.js';
import { LevelTables, type TableFile } from '../engine-files/level-tables.js';
import { findBlock } from '../engine-files/table-blocks.js';
import type { LoadedIndex, TableIndexes } from '../engine-files/table-indexes.js';

/** Which keys some tables may hold, as LevelDB's own Bloom filters say. */
export class TableFilters {
  readonly #tables: LevelTables;
  readonly #indexes: TableIndexes;

  constructor(tables: Iterable<TableFile>, indexes: TableIndexes) {
    this.#tables = new LevelTables(tables);
    this.#indexes = indexes;
  }

  /** Whether one of the tables may hold a key; `false`: none does. A table that cannot be asked may hold any. */
  mayHold(key: string): boolean {
    if (this.#tables.isEmpty) return false;
    const bytes = Buffer.from(key);
    for (const table of this.#tables.reaching(bytes, bytes)) {
      const index = this.#indexes.known(table) ?? this.#load(table);
      if (index === undefined || blockMayHold(index, bytes)) return true;
    }
    return false;
  }

  #load(table: TableFile): LoadedIndex | undefined {
    try {
      this.#indexes.withBytes(table, bytes => {
        const index = this.#indexes.load(table, bytes);
        return 'problem' in index ? [index] : [];
      });
    } catch {
      // LevelDB is asked then, and the check before that tells what is wrong.
    }
    return this.#indexes.known(table);
  }
}

// As LevelDB looks: into one block, if its filter lets the key in.
function blockMayHold({ blocks, filters }: LoadedIndex, key: Uint8Array): boolean {
  const block = findBlock(blocks, key);
  return block !== undefined && (filters === undefined || mayHold(filters, block.handle.offset, key));
}
