import { readFile, stat } from 'node:fs/promises';

/**
 * The process that holds LevelDB's lock on a store, where the system tells it (Linux does). `undefined` proves nothing:
 * LevelDB's own attempt at the lock decides. Asked first because that attempt would, from a second thread of the holder's
 * own process, drop the holder's lock; and it rewrites LevelDB's info log.
 */
export async function findLockHolder(lockFile: string): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const [locks, { dev, ino }] = await Promise.all([readFile('/proc/locks', 'latin1'), stat(lockFile)]);
    return holderIn(locks, dev, ino);
  } catch {
    return undefined;
  }
}

/** The process that holds a POSIX write lock on an inode, in the text of `/proc/locks`. */
export function holderIn(locks: string, device: number, inode: number): number | undefined {
  for (const line of locks.split('\n')) {
    const match = /^\d+: POSIX +\S+ +WRITE (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line);
    if (match === null) continue;
    const [, pid, major, minor, lockedInode] = match;
    const sameDevice = deviceNumber(parseInt(major ?? '', 16), parseInt(minor ?? '', 16)) === device;
    if (sameDevice && Number(lockedInode) === inode) return Number(pid);
  }
  return undefined;
}

// How Linux packs a device into the `st_dev` of the C library, for minors of 20 bits.
function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8)) + (minor >>> 8) * 2 ** 20;
}
