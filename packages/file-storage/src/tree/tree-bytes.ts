import { APPLY_PARALLELISM } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure, isAbsent } from '../file-system/io-failure.js';
import { inParallel } from './in-parallel.js';

/** Bytes of all files below a directory; what comes or goes meanwhile may be counted or not. */
export async function treeBytes(fileSystem: FileSystem, directory: string): Promise<number> {
  let bytes = 0;
  const walk = async (path: string): Promise<string[]> => {
    const directories: string[] = [];
    for (const name of await names(fileSystem, path)) {
      const child = `${path}/${name}`;
      const status = fileSystem.statusSync(child);
      if (status?.kind === 'directory') directories.push(child);
      else bytes += status?.size ?? 0;
    }
    return directories;
  };
  try {
    for (let level = [directory]; level.length > 0;) {
      const next: string[] = [];
      await inParallel(level, APPLY_PARALLELISM, async path => {
        for (const child of await walk(path)) next.push(child);
      });
      level = next;
    }
  } catch (error) {
    throw ioFailure('measure', directory, error);
  }
  return bytes;
}

async function names(fileSystem: FileSystem, directory: string): Promise<string[]> {
  try {
    return await fileSystem.readdir(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
