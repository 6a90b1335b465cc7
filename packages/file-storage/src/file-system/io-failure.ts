import { BlockstrataError, CorruptRecordError, QuotaExceededError, StorageIoError } from '@blockstrata/db-core';

/** The code of a failed system call, or `undefined` for another error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** Whether a system call failed because the path, or a directory on the way to it, is not there. */
export function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * What the failure of a system call is called in the contract of a driver: damage, a full disk, or failed I/O.
 *
 * @param operation completes "storage failed to …".
 */
export function ioFailure(operation: string, path: string, cause: unknown): BlockstrataError {
  if (cause instanceof BlockstrataError) return cause;
  const code = errorCode(cause);
  if (code === 'ELOOP') return new CorruptRecordError(path, 'it is a symbolic link', { cause });
  if (code === 'EISDIR') return new CorruptRecordError(path, 'a directory stands where a file belongs', { cause });
  if (FULL.has(code)) return new QuotaExceededError(`${operation} ${path}`, undefined, undefined, { cause });
  return new StorageIoError(`${operation} ${path}`, { cause });
}
