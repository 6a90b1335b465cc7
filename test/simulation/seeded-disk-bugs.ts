import type { FileSystem, OpenFile } from '@blockstrata/file-storage';
import type { FaultKind } from './simulated-disk/fault-plan.js';
import { passThrough } from './simulated-disk/pass-through.js';
import type { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** A file system that leaves out what the store relies on: what a store would do that forgot about it. */
export type SeededDiskBug = (disk: SimulatedDisk) => FileSystem;

/** Bugs that the checks of crash images must catch, by what is left out. */
export const SEEDED_DISK_BUGS: Readonly<Record<string, SeededDiskBug>> = {
  'the sync of the journal': disk => withSync(disk, (path, opened) => opened && isIn(path, '/.store/journal/')),
  'the sync of files before they are renamed': disk => withSync(disk, path => isIn(path, '/.store/tmp/')),
  'the sync of the directories of the tree': disk => withDirectorySync(disk, path => !isIn(`${path}/`, '/.store/')),
  'the sync of the directory of the journal': disk => withDirectorySync(disk, path => path.endsWith('/journal')),
  'the sync of the directory of the store': disk => withDirectorySync(disk, path => path.endsWith('/.store')),
  'every seventh file of the tree': disk => withoutSomeRenames(disk, 7),
};

/** Writers that do not mind what the disk answers, and the failure that shows it. */
export const CARELESS_WRITERS: Readonly<
  Record<string, { readonly kind: FaultKind; readonly seededBug: SeededDiskBug }>
> = {
  'syncs again after a failed sync, and believes it': {
    kind: 'failed-sync',
    seededBug: disk => withFiles(disk, file => ({ sync: () => file.sync().catch(() => file.sync()) })),
  },
  'takes a short write for a whole one': {
    kind: 'short-write',
    seededBug: disk =>
      withFiles(disk, file => ({
        write: async (bytes, position) => {
          await file.write(bytes, position);
          return bytes.length;
        },
      })),
  },
};

function withFiles(disk: SimulatedDisk, change: (file: OpenFile) => Partial<OpenFile>): FileSystem {
  const changed = (file: OpenFile): OpenFile => ({ ...file, ...change(file) });
  return {
    ...passThrough(disk),
    create: async path => changed(await disk.create(path)),
    open: async path => changed(await disk.open(path)),
  };
}

/** Leaves out the syncs of some files; `opened` is false while a file still has the name that it was created with. */
function withSync(disk: SimulatedDisk, isSkipped: (path: string, opened: boolean) => boolean): FileSystem {
  const names = new Map<OpenFile, string>();
  const renamed = new Map<string, string>();
  const watched = (path: string, file: OpenFile): OpenFile => {
    const open: OpenFile = {
      write: (bytes, position) => file.write(bytes, position),
      sync: async () => {
        const now = renamed.get(path);
        if (!isSkipped(now ?? path, now !== undefined)) await file.sync();
      },
      close: () => file.close(),
    };
    names.set(open, path);
    return open;
  };
  return {
    ...passThrough(disk),
    create: async path => watched(path, await disk.create(path)),
    open: async path => watched(path, await disk.open(path)),
    rename: async (from, to) => {
      await disk.rename(from, to);
      renamed.set(from, to);
    },
  };
}

function withDirectorySync(disk: SimulatedDisk, isSkipped: (path: string) => boolean): FileSystem {
  return {
    ...passThrough(disk),
    syncDirectory: async path => {
      if (!isSkipped(path)) await disk.syncDirectory(path);
    },
  };
}

function withoutSomeRenames(disk: SimulatedDisk, nth: number): FileSystem {
  let count = 0;
  return {
    ...passThrough(disk),
    rename: async (from, to) => {
      const isTree = !isIn(to, '/.store/');
      if (isTree && ++count % nth === 0) await disk.unlink(from);
      else await disk.rename(from, to);
    },
  };
}

function isIn(path: string, directory: string): boolean {
  return path.includes(directory);
}
