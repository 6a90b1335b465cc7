import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../system-errors.js';
import { ByteReader } from './byte-reader.js';
import { isIntact, readHandle, seekIndex, type TableBytes } from './table-blocks.js';
import { damagedBlock, guarded, readTableIndex, type TableDamage } from './table-check.js';
import type { TableFile } from './table-guard.js';
import { userKey } from './version-edit.js';

// Indexes that are kept, outside the heap: about a hundredth of the tables they are of (INV-12).
const INDEX_BYTES_MAX = 32 * 1024 * 1024;

type Index = { readonly block: Uint8Array; readonly checked: Set<number> };

/**
 * Checks of a table what reading one key touches: its index and filters once, then the one block that LevelDB would look
 * into. It takes some microseconds for each block, so that a large store needs no check as a whole before it is read.
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
    const block = known && blockFor(known.block, key);
    if (block === 'none' || (block !== undefined && known?.checked.has(block.handle.offset))) return [];
    return withFile(join(this.#directory, table.name), table.bytes, bytes => {
      const index = known ?? this.#load(table, bytes);
      return 'problem' in index ? [index] : checkBlockOf(index, bytes, key);
    });
  }

  /** The table was checked as a whole, so its index is no longer needed. */
  forget(table: TableFile): void {
    this.#bytes -= this.#indexes.get(table)?.block.length ?? 0;
    this.#indexes.delete(table);
  }

  #load(table: TableFile, bytes: TableBytes): Index | TableDamage {
    const read = readTableIndex(bytes);
    if ('problem' in read) return read;
    // A copy: what was read may be a view of something larger.
    const index = { block: new Uint8Array(read.block), checked: new Set<number>() };
    this.#indexes.set(table, index);
    this.#bytes += index.block.length;
    for (const oldest of this.#indexes.keys()) {
      if (this.#bytes <= INDEX_BYTES_MAX || oldest === table) break;
      this.forget(oldest);
    }
    return index;
  }
}

function checkBlockOf(index: Index, bytes: TableBytes, key: Uint8Array): TableDamage[] {
  const block = blockFor(index.block, key);
  if (block === 'none') return [];
  if (!isIntact(bytes, block.handle)) return [damagedBlock(block.handle, block.above, block.upTo)];
  index.checked.add(block.handle.offset);
  return [];
}

// The first block that ends at the key or behind it: the only one of this table that LevelDB reads for it.
function blockFor(index: Uint8Array, key: Uint8Array) {
  const { found, before } = seekIndex(index, entry => Buffer.compare(userKey(entry), key) < 0);
  if (found === undefined) return 'none';
  const handle = readHandle(new ByteReader(found.value));
  return { handle, above: before && userKey(before.key), upTo: userKey(found.key) };
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
