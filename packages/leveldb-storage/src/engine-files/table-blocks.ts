import { ByteReader } from './byte-reader.js';
import { maskedCrc32c } from './masked-crc.js';
import { decompressSnappy } from './snappy.js';

/** The bytes of a table, wherever they are. */
export type TableBytes = {
  readonly length: number;
  /** @throws RangeError if they are not all there. */
  at(offset: number, bytes: number): Uint8Array;
};

/** Where a block lies in a table, without its trailer. */
export type BlockHandle = { readonly offset: number; readonly bytes: number };

/** One entry of a block. */
export type BlockEntry = { readonly key: Uint8Array; readonly value: Uint8Array };

/** Behind a block: how it is compressed (1), and its checksum (4). */
const TRAILER_BYTES = 5;

const SNAPPY = 1;

// LevelDB makes blocks of 4 KiB, or of one record; an index can be larger.
const BLOCK_BYTES_MAX = 256 * 1024 * 1024;

/** A table in memory. */
export function tableInMemory(bytes: Uint8Array): TableBytes {
  return {
    length: bytes.length,
    at(offset, count) {
      if (offset < 0 || offset + count > bytes.length) throw new RangeError('beyond the end of the table');
      return bytes.subarray(offset, offset + count);
    },
  };
}

/** The content of a block; `undefined` where it does not lie within its table, or its checksum does not match. */
export function readBlock(table: TableBytes, { offset, bytes }: BlockHandle): Uint8Array | undefined {
  const stored = checkedBytes(table, offset, bytes);
  if (stored === undefined) return undefined;
  const content = stored.subarray(0, bytes);
  return stored[bytes] === SNAPPY ? decompressSnappy(content, BLOCK_BYTES_MAX) : content;
}

/** Whether a block lies within its table and its checksum matches. */
export function isIntact(table: TableBytes, { offset, bytes }: BlockHandle): boolean {
  return checkedBytes(table, offset, bytes) !== undefined;
}

function checkedBytes(table: TableBytes, offset: number, bytes: number): Uint8Array | undefined {
  if (offset + bytes + TRAILER_BYTES > table.length) return undefined;
  const stored = table.at(offset, bytes + TRAILER_BYTES);
  const checksum = new DataView(stored.buffer, stored.byteOffset + bytes + 1, 4).getUint32(0, true);
  return maskedCrc32c(stored.subarray(0, bytes + 1)) === checksum ? stored : undefined;
}

/** The entries of a block, in order. */
export function* entriesOf(block: Uint8Array): Generator<BlockEntry> {
  const reader = new ByteReader(block.subarray(0, block.length - 4 * (restartsOf(block) + 1)));
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

/**
 * The first entry of an index that `isBefore` does not put before what is looked for, and the entry before it. In an index
 * every entry holds its whole key, so it is found by halving.
 */
export function seekIndex(
  index: Uint8Array,
  isBefore: (key: Uint8Array) => boolean,
): { found: BlockEntry | undefined; before: BlockEntry | undefined } {
  let [low, high] = [0, restartsOf(index)];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(indexEntry(index, middle).key)) low = middle + 1;
    else high = middle;
  }
  const found = low < restartsOf(index) ? indexEntry(index, low) : undefined;
  return { found, before: low > 0 ? indexEntry(index, low - 1) : undefined };
}

function indexEntry(index: Uint8Array, number: number): BlockEntry {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const restarts = restartsOf(index);
  const reader = new ByteReader(index, view.getUint32(index.length - 4 * (restarts + 1 - number), true));
  reader.number();
  const own = reader.number();
  const valueBytes = reader.number();
  return { key: reader.take(own), value: reader.take(valueBytes) };
}

function restartsOf(block: Uint8Array): number {
  return new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(block.length - 4, true);
}

/** Reads a handle: its offset and its length. */
export function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.number(), bytes: reader.number() };
}
