const KiB = 1024;
const MiB = 1024 * KiB;

/** How LevelDB is to work; none of it is part of the format. */
export type LevelDBOptions = {
  /** Bytes that LevelDB gathers in memory and in its log before it makes a table of them. Default {@link DEFAULT_WRITE_BUFFER_BYTES}. */
  writeBufferBytes?: number;
  /** Bytes of LevelDB's own cache of table blocks, outside the JavaScript heap. Default {@link DEFAULT_BLOCK_CACHE_BYTES}. */
  blockCacheBytes?: number;
  /** Table files that LevelDB holds open at once; 74 at least. Default {@link DEFAULT_OPEN_FILES_MAX}. */
  openFilesMax?: number;
  /** Compress tables with Snappy. Default true. */
  compression?: boolean;
  /**
   * Bytes of tables that opening looks through for damage, about 0.5 GB a second; the others before they are first read.
   * 0: none; Infinity: all. Default {@link DEFAULT_OPEN_CHECK_BYTES_MAX}.
   */
  openCheckBytesMax?: number;
};

/** The default of {@link LevelDBOptions.writeBufferBytes}: 4 MiB. */
export const DEFAULT_WRITE_BUFFER_BYTES: number = 4 * MiB;

/** The default of {@link LevelDBOptions.blockCacheBytes}: 16 MiB. */
export const DEFAULT_BLOCK_CACHE_BYTES: number = 16 * MiB;

/** The default of {@link LevelDBOptions.openFilesMax}. */
export const DEFAULT_OPEN_FILES_MAX = 500;

/** The default of {@link LevelDBOptions.openCheckBytesMax}: 8 MiB. */
export const DEFAULT_OPEN_CHECK_BYTES_MAX: number = 8 * MiB;

// What LevelDB itself clips these to: a value outside would silently mean another.
const WRITE_BUFFER_BYTES = { min: 64 * KiB, max: 1024 * MiB };
const BLOCK_CACHE_BYTES = { min: 64 * KiB, max: 1024 * 1024 * MiB };
const OPEN_FILES = { min: 74, max: 50_000 };

/**
 * The options with their defaults.
 *
 * @throws TypeError if one is out of the bounds that LevelDB keeps to.
 */
export function resolveLevelDBOptions(options: LevelDBOptions): Required<LevelDBOptions> {
  const resolved = {
    writeBufferBytes: options.writeBufferBytes ?? DEFAULT_WRITE_BUFFER_BYTES,
    blockCacheBytes: options.blockCacheBytes ?? DEFAULT_BLOCK_CACHE_BYTES,
    openFilesMax: options.openFilesMax ?? DEFAULT_OPEN_FILES_MAX,
    compression: options.compression ?? true,
    openCheckBytesMax: options.openCheckBytesMax ?? DEFAULT_OPEN_CHECK_BYTES_MAX,
  };
  requireWithin('writeBufferBytes', resolved.writeBufferBytes, WRITE_BUFFER_BYTES);
  requireWithin('blockCacheBytes', resolved.blockCacheBytes, BLOCK_CACHE_BYTES);
  requireWithin('openFilesMax', resolved.openFilesMax, OPEN_FILES);
  if (!(resolved.openCheckBytesMax >= 0)) throw new TypeError('options.openCheckBytesMax must be a number from 0');
  return resolved;
}

function requireWithin(name: string, value: number, { min, max }: { min: number; max: number }): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new TypeError(`options.${name} must be an integer from ${min} to ${max}`);
  }
}
