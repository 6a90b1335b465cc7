import type { FileSystem } from '../file-system/file-system.js';
import { errorCode } from '../file-system/io-failure.js';

/** Makes a directory and what is missing above it; their names are durable only after {@link syncAbove}. */
export async function makeDirectories(fileSystem: FileSystem, path: string): Promise<void> {
  if (fileSystem.statusSync(path) !== undefined) return;
  await makeDirectories(fileSystem, parentOf(path));
  await makeDirectory(fileSystem, path);
}

/** What a directory cannot be synced for that this process has not made. */
const NOT_OURS: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP']);

/**
 * Makes the names of a directory, and of all above it, durable. Which of them an earlier attempt has made, and not
 * lived to sync, nobody can tell.
 */
export async function syncAbove(fileSystem: FileSystem, path: string): Promise<void> {
  for (let directory = path; directory !== '/' && directory !== '.';) {
    directory = parentOf(directory);
    try {
      await fileSystem.syncDirectory(directory);
    } catch (error) {
      if (!NOT_OURS.has(errorCode(error))) throw error;
    }
  }
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
