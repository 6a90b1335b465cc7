import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './system-errors.js';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Puts on disk which files a directory holds. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory; NTFS keeps its own journal of names.
  if (process.platform !== 'win32') await syncPath(directory, 'r');
}

/** Puts the content of a file on disk. */
export async function syncFile(path: string): Promise<void> {
  await syncPath(path, 'r+');
}

async function syncPath(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory, and those above it, for the owner alone; durable when it resolves. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Replaces a file, whole or not at all; durable when it resolves. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeSynced(temporary, bytes, 'w');
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/**
 * Makes a file, whole or not at all, unless there is one; durable when it resolves.
 *
 * @returns whether it was made.
 */
export async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  await writeSynced(temporary, bytes, 'wx');
  try {
    // A link, unlike a rename, never replaces what somebody else has made meanwhile.
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await unlink(temporary);
    await syncDirectory(dirname(path));
  }
}

async function writeSynced(path: string, bytes: Uint8Array, flags: string): Promise<void> {
  const handle = await open(path, flags, FILE_MODE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a name is what {@link replaceFile} or {@link createFile} left of `path` when it was interrupted. */
export function isLeftover(name: string, path: string): boolean {
  return name.startsWith(`${path}.`) && name.endsWith('.tmp');
}
