import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DirectoryWatch } from '../src/directory-watch.js';
import { temporaryDirectory } from './raw-database.js';

it('a directory is behind from when a name comes until it was synced with its stamp settled (INV-1)', async () => {
  const directory = await temporaryDirectory();
  const watch = new DirectoryWatch(directory);
  expect(watch.isBehind()).toBe(true);
  await watch.sync();
  // The stamp may stand still for a while, so that a change right now might not show.
  expect(watch.isBehind()).toBe(true);
  await delay(60);
  await watch.sync();
  expect(watch.isBehind()).toBe(false);
  await writeFile(join(directory, 'a'), '');
  expect(watch.isBehind()).toBe(true);
  await rm(directory, { recursive: true });
});
