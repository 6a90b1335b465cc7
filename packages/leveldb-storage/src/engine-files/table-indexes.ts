import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../system-errors.js';
import type { TableFile } from './level-tables.js';
import type { TableBytes } from './table-blocks.js';
import { guarded, readTableIndex, type TableDamage } from './table-check.js';

// Indexes and filters that are kept, outside the heap: one to three hundredths of the tables they are of (INV-12).
const INDEX_BYTES_MAX = 32 * 1024 * 1024;

/** The index and the Bloom filters of a table, whose checksums matched, and which of its blocks were checked. */
export type LoadedIndex = {
  readonly blocks: Buffer;
  readonly filters: Buffer | undefined;
  readonly checked: Set<number>;
};

/** The indexes and filters of tables, read when they are first asked for. */
export class TableIndexes {
  readonly #directory: string;
  /** By the number of the table, which LevelDB gives to one file only. */
  readonly #indexes = new Map<number, LoadedIndex>();
  #bytes = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What was read of a table already. */
  known({ number }: TableFile): LoadedIndex | undefined {
    const index = this.#indexes.get(number);
    // What was asked for last is dropped last; as long as there is room, its place does not matter.
    if (index !== undefined && this.#bytes > INDEX_BYTES_MAX / 2) {
      this.#indexes.delete(number);
      this.#indexes.set(number, index);
    }
    return index;
  }

  /** The index of a table whose bytes are at hand, or what is damaged in it. */
  load(table: TableFile, bytes: TableBytes): LoadedIndex | TableDamage {
    const known = this.known(table);
    if (known !== undefined) return known;
    const read = readTableIndex(bytes);
    if ('problem' in read) return read;
    // Copies: what was read may be a view of something larger.
    const filters = read.filters && Buffer.from(read.filters);
    const index = { blocks: Buffer.from(read.blocks), filters, checked: new Set<number>() };
    this.#indexes.set(table.number, index);
    this.#bytes += bytesOf(index);
    for (const [oldest, dropped] of this.#indexes) {
      if (this.#bytes <= INDEX_BYTES_MAX || oldest === table.number) break;
      this.#bytes -= bytesOf(dropped);
      this.#indexes.delete(oldest);
    }
    return index;
  }

  /** Runs a check on the bytes of a table; one that is gone has none to check, as LevelDB has made other tables of it. */
  withBytes(table: TableFile, check: (bytes: TableBytes) => TableDamage[]): TableDamage[] {
    let file: number;
    try {
      file = openSync(join(this.#directory, table.name), 'r');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
    try {
      return guarded(() => check({ length: table.bytes, at: (offset, bytes) => readAt(file, offset, bytes) }));
    } finally {
      closeSync(file);
    }
  }
}

function bytesOf({ blocks, filters }: LoadedIndex): number {
  return blocks.length + (filters?.length ?? 0);
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
