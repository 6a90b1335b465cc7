import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metaKey, type DriverOpenOptions, type StoreDriver } from '@blockstrata/db-p2p/storage';
import { LevelDBDriver, type LevelDBOptions } from '../src/index.js';

/** Opens a driver; the header is accepted as it is, or is `[1]`. */
export function opening(overrides: Partial<DriverOpenOptions> = {}): DriverOpenOptions {
  return {
    create: true,
    durability: 'relaxed',
    salvage: false,
    admit: header => ({ bytes: header ?? Uint8Array.of(1), epoch: 1 }),
    ...overrides,
  };
}

/** A driver that is open. */
export async function openDriver(
  directory: string,
  overrides?: Partial<DriverOpenOptions>,
  options?: LevelDBOptions,
): Promise<StoreDriver> {
  const driver = new LevelDBDriver(directory, options);
  await driver.open(opening(overrides));
  return driver;
}

/** The value that {@link putRecord} stores. */
export function valueOf(i: number, version = 0): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({ i, version, text: 'some words that repeat, some words that repeat' }),
  );
}

/** Stores one record in a batch of its own. */
export async function putRecord(driver: StoreDriver, i: number, version = 0): Promise<void> {
  await driver.write([{ key: metaKey(`block-${i}`), value: valueOf(i, version) }]);
}

/** Everything that a directory holds: names, modes and bytes. */
export async function contentsOf(directory: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    const stats = await lstat(path);
    // Whoever closes LOCK lets go of the lock that this process has on it.
    const readable = stats.isFile() && name !== 'LOCK';
    contents[name] = `${stats.mode.toString(8)} ${readable ? (await readFile(path)).toString('hex') : ''}`;
  }
  return contents;
}
