import type { FileSystem } from '@blockstrata/file-storage';
import type { SimulatedDisk } from './simulated-disk.js';

/** A file system that does what the disk does; what is to be otherwise is laid over it. */
export function passThrough(disk: SimulatedDisk): FileSystem {
  return {
    create: path => disk.create(path),
    open: path => disk.open(path),
    readFile: path => disk.readFile(path),
    readFileSync: (path, bytesMax) => disk.readFileSync(path, bytesMax),
    statusSync: path => disk.statusSync(path),
    readdir: path => disk.readdir(path),
    mkdir: path => disk.mkdir(path),
    rename: (from, to) => disk.rename(from, to),
    link: (from, to) => disk.link(from, to),
    unlink: path => disk.unlink(path),
    syncDirectory: path => disk.syncDirectory(path),
  };
}
