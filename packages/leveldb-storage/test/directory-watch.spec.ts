import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DirectoryWatch } from '../src/directory-watch.js';
import { temporaryDirectory } from './raw-database.js';

it('a directory is behind from when a name comes until it was synced, however soon names come (INV-1)', async () => {
  const directory = await temporaryDirectory();
  const watch = new DirectoryWatch(directory);
  await writeFile(join(directory, 'first'), '');
  expect(watch.isBehind()).toBe(true);
  await watch.sync();
  expect(watch.isBehind()).toBe(false);
  // So soon after the first that the stamp of the directory may be the same.
  for (const name of ['a', 'b', 'c']) {
    await writeFile(join(directory, name), '');
    expect(watch.isBehind(), name).toBe(true);
    expect(watch.isBehind(), name).toBe(true);
    await watch.sync();
    expect(watch.isBehind(), name).toBe(false);
  }
  // The stamp has settled by now: it alone tells.
  await delay(60);
  expect(watch.isBehind()).toBe(false);
  expect(watch.isBehind()).toBe(false);
  await writeFile(join(directory, 'late'), '');
  expect(watch.isBehind()).toBe(true);
  await rm(join(directory, 'late'));
  expect(watch.isBehind()).toBe(false);
  await watch.close();
  await rm(directory, { recursive: true });
});

it('a name that comes while the directory is being synced is behind (INV-1)', async () => {
  const directory = await temporaryDirectory();
  const watch = new DirectoryWatch(directory);
  const syncing = watch.sync();
  await Promise.all([syncing, writeFile(join(directory, 'meanwhile'), '')]);
  expect(watch.isBehind()).toBe(true);
  await watch.close();
  await rm(directory, { recursive: true });
});

it('a name shows although the file system stamps a directory with whole seconds (INV-1)', async () => {
  const directory = await temporaryDirectory();
  const watch = new DirectoryWatch(directory);
  const wholeSecond = new Date(1_700_000_000_000);
  await writeFile(join(directory, 'first'), '');
  await utimes(directory, wholeSecond, wholeSecond);
  await watch.sync();
  expect(watch.isBehind()).toBe(false);
  // So long a clock of milliseconds never stands still.
  await delay(60);
  expect(watch.isBehind()).toBe(false);
  await writeFile(join(directory, 'late'), '');
  await utimes(directory, wholeSecond, wholeSecond);
  expect(watch.isBehind()).toBe(true);
  await watch.close();
  await rm(directory, { recursive: true });
});
