import { ByteReader } from './byte-reader.js';
import { maskedCrc32c } from './masked-crc.js';
import { decompressSnappy } from './snappy.js';

/** Where a block lies in a table, without its trailer. */
export type BlockHandle = { readonly offset: number; readonly bytes: number };

/** One entry of a block. */
export type BlockEntry = { readonly key: Uint8Array; readonly value: Uint8Array };

/** Behind a block: how it is compressed (1), and its checksum (4). */
const TRAILER_BYTES = 5;

const Compression = { none: 0, snappy: 1 } as const;

// LevelDB makes blocks of 4 KiB, or of one record; an index can be larger.
const BLOCK_BYTES_MAX = 256 * 1024 * 1024;

/** Whether a block lies within its table and its checksum matches. */
export function isIntact(table: Uint8Array, { offset, bytes }: BlockHandle): boolean {
  const end = offset + bytes + TRAILER_BYTES;
  if (end > table.length) return false;
  const stored = new DataView(table.buffer, table.byteOffset + end - 4, 4).getUint32(0, true);
  return maskedCrc32c(table.subarray(offset, end - 4)) === stored;
}

/** The entries of an intact block, in order. */
export function* readBlock(table: Uint8Array, { offset, bytes }: BlockHandle): Generator<BlockEntry> {
  const stored = table.subarray(offset, offset + bytes);
  const compressed = table[offset + bytes] === Compression.snappy;
  const block = compressed ? decompressSnappy(stored, BLOCK_BYTES_MAX) : stored;
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const restarts = view.getUint32(block.length - 4, true);
  const reader = new ByteReader(block.subarray(0, block.length - 4 * (restarts + 1)));
  let key: Uint8Array = new Uint8Array();
  while (!reader.atEnd) {
    const shared = reader.number();
    const own = reader.number();
    const valueBytes = reader.number();
    const longer = new Uint8Array(shared + own);
    longer.set(key.subarray(0, shared));
    longer.set(reader.take(own), shared);
    key = longer;
    yield { key, value: reader.take(valueBytes) };
  }
}

/** Reads a handle: its offset and its length. */
export function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.number(), bytes: reader.number() };
}
