// As LevelDB has them: doc/table_format.md, util/bloom.cc and util/hash.cc of version 1.20.
const SEED = 0xbc9f1d34;
const MULTIPLIER = 0xc6a4a793;
const PROBES_MAX = 30;

/** Under which name LevelDB's index of filters holds these. */
export const BLOOM_FILTERS_NAME = 'filter.leveldb.BuiltinBloomFilter2';

/**
 * Whether LevelDB, asked for a key, looks into the block at an offset of a table; if not, the key is not in it.
 *
 * @param filters the filters of that table, whose checksum matched.
 */
export function mayHold(filters: Buffer, blockOffset: number, key: Uint8Array): boolean {
  if (filters.length < 5) return true;
  const offsetsAt = filters.readUInt32LE(filters.length - 5);
  const filterBytesLog2 = filters[filters.length - 1] ?? 0;
  const at = offsetsAt + 4 * Math.floor(blockOffset / 2 ** filterBytesLog2);
  if (at + 8 > filters.length - 1) return true;
  const [start, end] = [filters.readUInt32LE(at), filters.readUInt32LE(at + 4)];
  if (start > end || end > offsetsAt) return true;
  return mayMatch(filters.subarray(start, end), key);
}

function mayMatch(filter: Buffer, key: Uint8Array): boolean {
  if (filter.length < 2) return false;
  const bits = (filter.length - 1) * 8;
  const probes = filter[filter.length - 1] ?? 0;
  if (probes > PROBES_MAX) return true;
  let hash = hashOf(key);
  const delta = ((hash >>> 17) | (hash << 15)) >>> 0;
  for (let i = 0; i < probes; i++) {
    const bit = hash % bits;
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    hash = (hash + delta) >>> 0;
  }
  return true;
}

function hashOf(key: Uint8Array): number {
  const whole = key.length & ~3;
  let hash = SEED ^ Math.imul(key.length, MULTIPLIER);
  for (let i = 0; i < whole; i += 4) {
    hash = Math.imul(hash + littleEndian(key, i, 4), MULTIPLIER);
    hash ^= hash >>> 16;
  }
  if (whole < key.length) {
    hash = Math.imul(hash + littleEndian(key, whole, key.length - whole), MULTIPLIER);
    hash ^= hash >>> 24;
  }
  return hash >>> 0;
}

function littleEndian(bytes: Uint8Array, offset: number, count: number): number {
  let word = 0;
  for (let i = 0; i < count; i++) word |= (bytes[offset + i] ?? 0) << (8 * i);
  return word;
}
