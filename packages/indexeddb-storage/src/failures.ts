import { BlockstrataError, CorruptRecordError, QuotaExceededError, StorageIoError } from '@blockstrata/db-core';
import { storageRoom } from './storage-room.js';

const UNREADABLE: ReadonlySet<string> = new Set(['NotReadableError', 'DataError']);

/**
 * The typed error for what a read met. What the browser cannot read back is damage.
 */
export function readFailure(operation: string, error: unknown): BlockstrataError {
  if (error instanceof BlockstrataError) return error;
  if (error instanceof DOMException && UNREADABLE.has(error.name)) {
    return new CorruptRecordError(operation, 'the browser cannot read it back', { cause: error });
  }
  return new StorageIoError(operation, { cause: error });
}

/**
 * The typed error for what a write met. A transaction that the quota aborted has written nothing; one that went down with
 * its connection, or with an I/O error, may have reached the disk before its answer was lost.
 *
 * @param interrupted an earlier attempt of the same write went down with its connection.
 */
export async function writeFailure(operation: string, error: unknown, interrupted: boolean): Promise<BlockstrataError> {
  if (error instanceof BlockstrataError) return error;
  if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) {
    return new StorageIoError(operation, { cause: error });
  }
  const { usageBytes, quotaBytes } = await storageRoom();
  const outcome = interrupted ? 'unknown' : 'nothing-written';
  return new QuotaExceededError(operation, usageBytes, quotaBytes, { cause: error, outcome });
}
