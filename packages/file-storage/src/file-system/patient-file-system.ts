import type { Clock } from '@blockstrata/db-core';
import type { FileSystem } from './file-system.js';
import { whenHandlesAreFree } from './when-handles-are-free.js';

/**
 * A file system whose calls wait for a file handle where none is free, so that a moment without one neither fails a
 * read nor poisons the store (INV-12). What answers at once cannot wait, and fails.
 */
export function patientFileSystem(fileSystem: FileSystem, clock: Clock): FileSystem {
  return {
    create: path => whenHandlesAreFree(clock, () => fileSystem.create(path)),
    open: path => whenHandlesAreFree(clock, () => fileSystem.open(path)),
    readFile: path => whenHandlesAreFree(clock, () => fileSystem.readFile(path)),
    readFileSync: (path, bytesMax) => fileSystem.readFileSync(path, bytesMax),
    statusSync: path => fileSystem.statusSync(path),
    readdir: path => whenHandlesAreFree(clock, () => fileSystem.readdir(path)),
    mkdir: path => fileSystem.mkdir(path),
    rename: (from, to) => fileSystem.rename(from, to),
    link: (from, to) => fileSystem.link(from, to),
    unlink: path => fileSystem.unlink(path),
    syncDirectory: path => whenHandlesAreFree(clock, () => fileSystem.syncDirectory(path)),
  };
}
