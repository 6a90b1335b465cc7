import { ByteReader } from './byte-reader.js';
import { maskedCrc32c } from './masked-crc.js';
import { decompressSnappy } from './snappy.js';
import { KEY_TRAILER_BYTES } from './version-edit.js';

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

/** A block of data, and which keys an index sends to it: those above `above`, up to and with `upTo`. */
export type IndexedBlock = {
  readonly handle: BlockHandle;
  readonly above: Uint8Array | undefined;
  readonly upTo: Uint8Array;
};

/** The one block that a key can be in; `undefined` where it is behind them all. In an index every entry holds its whole key. */
export function findBlock(index: Buffer, key: Uint8Array): IndexedBlock | undefined {
  const restarts = restartsOf(index);
  let [low, high] = [0, restarts];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { start, end } = entryBounds(index, restarts, middle);
    if (index.compare(key, 0, key.length, start, end) < 0) low = middle + 1;
    else high = middle;
  }
  if (low === restarts) return undefined;
  const found = entryBounds(index, restarts, low);
  const before = low === 0 ? undefined : entryBounds(index, restarts, low - 1);
  return {
    handle: readHandle(new ByteReader(index, found.valueAt)),
    above: before && index.subarray(before.start, before.end),
    upTo: index.subarray(found.start, found.end),
  };
}

// Where the key of an entry lies, without LevelDB's own trailer, and where its value follows.
function entryBounds(index: Buffer, restarts: number, entry: number): { start: number; end: number; valueAt: number } {
  const reader = new ByteReader(index, index.readUInt32LE(index.length - 4 * (restarts + 1 - entry)));
  reader.number();
  const keyBytes = reader.number();
  reader.number();
  const start = reader.offset;
  return { start, end: start + Math.max(0, keyBytes - KEY_TRAILER_BYTES), valueAt: start + keyBytes };
}

function restartsOf(block: Uint8Array): number {
  return new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(block.length - 4, true);
}

/** Reads a handle: its offset and its length. */
export function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.number(), bytes: reader.number() };
}
