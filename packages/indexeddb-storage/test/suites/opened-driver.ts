import { metaKey, type DriverOpenOptions, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { onTestFinished } from 'vitest';
import { IndexedDBDriver, type IndexedDBDriverOptions } from '../../src/index.js';

let names = 0;

/** A database name that nothing else uses. */
export function freshName(): string {
  return `test-${Date.now()}-${names++}`;
}

/** How the kernel opens a driver, in small: the header is one byte, the epoch. */
export function openOptions(overrides: Partial<DriverOpenOptions> = {}): DriverOpenOptions {
  return {
    create: true,
    durability: 'relaxed',
    salvage: false,
    admit: header => {
      const epoch = (header?.[0] ?? 0) + 1;
      return { bytes: Uint8Array.of(epoch), epoch };
    },
    ...overrides,
  };
}

/** A driver that is open, and is closed when the test is over. */
export async function openedDriver(
  options: IndexedDBDriverOptions = {},
  name = freshName(),
  open: Partial<DriverOpenOptions> = {},
): Promise<IndexedDBDriver> {
  const driver = new IndexedDBDriver(name, options);
  await driver.open(openOptions(open));
  onTestFinished(() => driver.close(undefined));
  return driver;
}

/** A write of a head. */
export function put(blockId: string, ...bytes: number[]): DriverWrite {
  return { key: metaKey(blockId), value: Uint8Array.from(bytes) };
}

/** What a raw request answers. */
export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException('failed', 'UnknownError'));
  });
}

/** Whether a database of this name is there. */
export async function databaseExists(name: string): Promise<boolean> {
  return (await indexedDB.databases()).some(database => database.name === name);
}
