import { mayHold } from './bloom-filters.js';
import type { TableFile } from './level-tables.js';
import { findBlock, isIntact, type IndexedBlock, type TableBytes } from './table-blocks.js';
import { damagedBlock, type TableDamage } from './table-check.js';
import type { LoadedIndex, TableIndexes } from './table-indexes.js';

/**
 * Checks of a table what reading one key touches: its index and filters once, then the one block that LevelDB would look
 * into, unless a filter keeps it from that. It takes some microseconds for each block, so that a large store needs no check
 * as a whole before it is read.
 */
export class SpotChecks {
  readonly #indexes: TableIndexes;

  constructor(indexes: TableIndexes) {
    this.#indexes = indexes;
  }

  /** The damage that a read of `key` in this table would meet. */
  check(table: TableFile, key: Uint8Array): TableDamage[] {
    const known = this.#indexes.known(table);
    if (known !== undefined && blockToCheck(known, key) === undefined) return [];
    return this.#indexes.withBytes(table, bytes => {
      const index = this.#indexes.load(table, bytes);
      return 'problem' in index ? [index] : checkBlockOf(index, bytes, key);
    });
  }
}

function checkBlockOf(index: LoadedIndex, bytes: TableBytes, key: Uint8Array): TableDamage[] {
  const block = blockToCheck(index, key);
  if (block === undefined) return [];
  if (!isIntact(bytes, block.handle)) return [damagedBlock(block.handle, block.above, block.upTo)];
  index.checked.add(block.handle.offset);
  return [];
}

// The block of this table that LevelDB reads for a key, if it reads one and that was not checked yet.
function blockToCheck({ blocks, filters, checked }: LoadedIndex, key: Uint8Array): IndexedBlock | undefined {
  const block = findBlock(blocks, key);
  if (block === undefined || checked.has(block.handle.offset)) return undefined;
  return filters === undefined || mayHold(filters, block.handle.offset, key) ? block : undefined;
}
