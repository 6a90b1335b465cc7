import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Backend } from '../crash/messages.js';

/** Where the lock of a store is. */
export function lockPath(backend: Backend, directory: string): string {
  return backend === 'file' ? join(directory, '.store', 'lock') : join(directory, 'LOCK');
}

/** Makes the lock of a store on files name another pid, as when the system gave that of a dead holder to a new process. */
export async function forgeLockPid(directory: string, pid: number): Promise<void> {
  const path = lockPath('file', directory);
  const { check: _check, ...holder } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  const forged = { ...holder, pid };
  await writeFile(path, `${JSON.stringify({ ...forged, check: crc32(JSON.stringify(forged)) })}\n`);
}
