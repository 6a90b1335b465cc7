import type { FileSystem } from '../file-system/file-system.js';
import { errorCode } from '../file-system/io-failure.js';

/** Makes a directory and what is missing above it; the names of all that it made are durable when it resolves. */
export async function makeDirectories(fileSystem: FileSystem, path: string): Promise<void> {
  if (fileSystem.statusSync(path) !== undefined) return;
  const parent = parentOf(path);
  await makeDirectories(fileSystem, parent);
  await makeDirectory(fileSystem, path);
  await fileSystem.syncDirectory(parent);
}

/** Makes a directory unless it is there. */
export async function makeDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.mkdir(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function parentOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}
