import type { FileSystem, OpenFile } from '@blockstrata/file-storage';
import { dice } from './dice.js';
import type { Scheduler } from './scheduler.js';

/** A file system each call of which waits for its turn, and now and then for another one before it answers. */
export function scheduledFiles(files: FileSystem, scheduler: Scheduler, seed: number): FileSystem {
  const late = async <T>(label: string, call: () => Promise<T>): Promise<T> => {
    await scheduler.step(label);
    try {
      return await call();
    } finally {
      if (dice(seed, scheduler.steps, 'late') < 0.2) await scheduler.step(`${label}: done`);
    }
  };
  const scheduledFile = (path: string, file: OpenFile): OpenFile => ({
    write: (bytes, position) =>
      late(`write ${bytes.length} bytes at ${position} of ${path}`, () => file.write(bytes, position)),
    sync: () => late(`sync ${path}`, () => file.sync()),
    close: () => late(`close ${path}`, () => file.close()),
  });
  return {
    create: path => late(`create ${path}`, async () => scheduledFile(path, await files.create(path))),
    open: path => late(`open ${path}`, async () => scheduledFile(path, await files.open(path))),
    readFile: path => late(`read ${path}`, () => files.readFile(path)),
    readFileSync: (path, bytesMax) => files.readFileSync(path, bytesMax),
    statusSync: path => files.statusSync(path),
    readdir: path => late(`list ${path}`, () => files.readdir(path)),
    mkdir: path => late(`make ${path}`, () => files.mkdir(path)),
    rename: (from, to) => late(`rename ${from} to ${to}`, () => files.rename(from, to)),
    link: (from, to) => late(`link ${from} to ${to}`, () => files.link(from, to)),
    unlink: path => late(`unlink ${path}`, () => files.unlink(path)),
    syncDirectory: path => late(`sync ${path}/`, () => files.syncDirectory(path)),
  };
}
