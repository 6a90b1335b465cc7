import {
  BlockstrataError,
  CorruptRecordError,
  QuotaExceededError,
  StorageIoError,
  StoreClosedError,
  StoreLockedError,
} from '@blockstrata/db-core';

/**
 * What classic-level or the file system threw, as an error of this library: damage, a lock, a full disk, a closed
 * database, or any other failure, each its own type (INV-6).
 */
export function toStorageError(error: unknown, operation: string, store: string): BlockstrataError {
  if (error instanceof BlockstrataError) return error;
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  switch (code) {
    case 'LEVEL_CORRUPTION':
      return new CorruptRecordError(store, 'LevelDB found damage', { cause: error });
    case 'LEVEL_LOCKED':
      return new StoreLockedError(store, undefined, { cause: error });
    case 'LEVEL_DATABASE_NOT_OPEN':
      // An open that failed carries the reason as its cause; an operation on a closed database carries none.
      return cause === undefined ? new StoreClosedError(store) : toStorageError(cause, operation, store);
    case 'ENOSPC':
    case 'EDQUOT':
      return new QuotaExceededError(operation, undefined, undefined, { cause: error });
    default:
      if (isDiskFull(error)) return new QuotaExceededError(operation, undefined, undefined, { cause: error });
      return new StorageIoError(operation, { cause: error });
  }
}

// LevelDB tells the reason of a failed system call in words alone.
function isDiskFull(error: unknown): boolean {
  return error instanceof Error && /No space left on device|Disk quota exceeded/.test(error.message);
}

/** Runs `action`; what it throws comes out as an error of this library. */
export async function withStorageErrors<T>(operation: string, store: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw toStorageError(error, operation, store);
  }
}
