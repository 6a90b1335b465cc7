import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../system-errors.js';
import { mayHold } from './bloom-filters.js';
import { findBlock, isIntact, type IndexedBlock, type TableBytes } from './table-blocks.js';
import { damagedBlock, guarded, readTableIndex, type TableDamage } from './table-check.js';
import type { TableFile } from './table-guard.js';

// Indexes and filters that are kept, outside the heap: one to three hundredths of the tables they are of (INV-12).
const INDEX_BYTES_MAX = 32 * 1024 * 1024;

type Index = { readonly blocks: Buffer; readonly filters: Buffer | undefined; readonly checked: Set<number> };

/**
 * Checks of a table what reading one key touches: its index and filters once, then the one block that LevelDB would look
 * into, unless a filter keeps it from that. It takes some microseconds for each block, so that a large store needs no check
 * as a whole before it is read.
 */
export class SpotChecks {
  readonly #directory: string;
  readonly #indexes = new Map<TableFile, Index>();
  #bytes = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The damage that a read of `key` in this table would meet. */
  check(table: TableFile, key: Uint8Array): TableDamage[] {
    const known = this.#indexes.get(table);
    if (known !== undefined && blockToCheck(known, key) === undefined) return [];
    return withFile(join(this.#directory, table.name), table.bytes, bytes => {
      const index = known ?? this.#load(table, bytes);
      return 'problem' in index ? [index] : checkBlockOf(index, bytes, key);
    });
  }

  /** The table was checked as a whole, so its index is no longer needed. */
  forget(table: TableFile): void {
    const index = this.#indexes.get(table);
    if (index !== undefined) this.#bytes -= bytesOf(index);
    this.#indexes.delete(table);
  }

  #load(table: TableFile, bytes: TableBytes): Index | TableDamage {
    const read = readTableIndex(bytes);
    if ('problem' in read) return read;
    // Copies: what was read may be a view of something larger.
    const filters = read.filters && Buffer.from(read.filters);
    const index = { blocks: Buffer.from(read.blocks), filters, checked: new Set<number>() };
    this.#indexes.set(table, index);
    this.#bytes += bytesOf(index);
    for (const oldest of this.#indexes.keys()) {
      if (this.#bytes <= INDEX_BYTES_MAX || oldest === table) break;
      this.forget(oldest);
    }
    return index;
  }
}

function bytesOf({ blocks, filters }: Index): number {
  return blocks.length + (filters?.length ?? 0);
}

function checkBlockOf(index: Index, bytes: TableBytes, key: Uint8Array): TableDamage[] {
  const block = blockToCheck(index, key);
  if (block === undefined) return [];
  if (!isIntact(bytes, block.handle)) return [damagedBlock(block.handle, block.above, block.upTo)];
  index.checked.add(block.handle.offset);
  return [];
}

// The block of this table that LevelDB reads for a key, if it reads one and that was not checked yet.
function blockToCheck({ blocks, filters, checked }: Index, key: Uint8Array): IndexedBlock | undefined {
  const block = findBlock(blocks, key);
  if (block === undefined || checked.has(block.handle.offset)) return undefined;
  return filters === undefined || mayHold(filters, block.handle.offset, key) ? block : undefined;
}

/** Runs a check on the bytes of a file; one that is gone has none to check, as LevelDB has made other tables of it. */
function withFile(path: string, length: number, check: (bytes: TableBytes) => TableDamage[]): TableDamage[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    return guarded(() => check({ length, at: (offset, bytes) => readAt(file, offset, bytes) }));
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, offset: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let read = 0;
  while (read < count) {
    const got = readSync(file, bytes, read, count - read, offset + read);
    if (got === 0) throw new RangeError('beyond the end of the table');
    read += got;
  }
  return bytes;
}
