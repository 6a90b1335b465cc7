const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes of values gathered in memory before they are applied to the tree. */
export const CHECKPOINT_BYTES = 32 * MiB;

/** Records gathered in memory before they are applied to the tree. */
export const CHECKPOINT_RECORDS = 65_536;

/** Bytes of one journal segment before what it holds is applied, hot records that replace each other included. */
export const CHECKPOINT_JOURNAL_BYTES = 96 * MiB;

/** Bytes of values in one batch of what is written to the journal again when a store is recovered. */
export const JOURNAL_BATCH_BYTES = 4 * MiB;

/** Bytes that wait in memory, those being applied included, before a write waits too. */
export const OVERLAY_BYTES_MAX = 2 * CHECKPOINT_BYTES;

/** What a record in memory is taken to cost beyond its key and value. */
export const RECORD_OVERHEAD_BYTES = 200;

/** Quiet time after which what was gathered is applied, in milliseconds. */
export const CHECKPOINT_IDLE_MS = 2_000;

/**
 * Files written at once by a checkpoint: twice the threads of libuv's pool, so that none of them idles while JavaScript
 * decides on the next call, and the journal's sync waits for two calls at most.
 */
export const APPLY_PARALLELISM = 8;

/** A file up to this size is read at once; a larger one without holding up the event loop. */
export const SYNC_READ_BYTES_MAX = 256 * KiB;

/** Bytes up to which a write is done at once; a larger one does not hold up the event loop either. */
export const SYNC_WRITE_BYTES_MAX = 64 * KiB;

/** Bytes of the names that are kept of directories that were listed. */
export const LISTING_CACHE_BYTES = 16 * MiB;

/** Blocks of whose directories it is remembered whether they are there, and that they are no symbolic links. */
export const KNOWN_DIRECTORIES_MAX = 32_768;

/** Bytes of values in one page of a scan, one value more at most. */
export const SCAN_PAGE_BYTES = 4 * MiB;

/** Entries in one file of the commit log. */
export const LOG_SEGMENT_ENTRIES = 1_000;

/** Bytes of one file of the commit log, one entry more at most. */
export const LOG_SEGMENT_BYTES = 1 * MiB;

/** Length up to which an id is escaped to a file name; a longer one is hashed. */
export const ESCAPED_NAME_LENGTH_MAX = 120;

/** How often a call is repeated for which there was no file handle, and the wait before each, in milliseconds. */
export const HANDLE_RETRIES_MAX = 200;
export const HANDLE_RETRY_DELAY_MS = 50;

/** How often the lock is tried for while others let go of it. */
export const LOCK_ATTEMPTS_MAX = 16;
