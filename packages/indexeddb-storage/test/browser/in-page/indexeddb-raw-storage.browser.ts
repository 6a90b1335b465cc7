import { StoreLockedError } from '@blockstrata/db-core';
import { metaKey } from '@blockstrata/db-p2p/storage';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { IndexedDBRawStorage } from '../../../src/index.js';
import { freshName, openedDriver, put } from '../../suites/opened-driver.js';
import { storageSuite } from '../../suites/storage-suite.js';

storageSuite();

describe('a lock that is taken by force', () => {
  it('ends the ownership: the store says so, and takes nothing more (INV-10)', async () => {
    const told: Error[] = [];
    const driver = await openedDriver({ onVanished: error => told.push(error) });
    await driver.write([put('a', 1)]);
    await navigator.locks.request(`blockstrata:${driver.name}`, { steal: true }, () => undefined);
    await expect.poll(() => told).toEqual([expect.any(StoreLockedError)]);
    await expect(driver.write([put('a', 2)])).rejects.toThrow(StoreLockedError);
    await expect(driver.get(metaKey('a'))).rejects.toThrow(StoreLockedError);
  });

  it('names who holds a lock that is refused', async () => {
    const { name } = await openedDriver();
    const { held = [] } = await navigator.locks.query();
    const holder = held.find(lock => lock.name === `blockstrata:${name}`)?.clientId;
    const refusal = await openedDriver({}, name).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'store-locked', holder: `client ${holder}` });
  });
});

describe('a batch', () => {
  it.each(['strict', 'relaxed'] as const)('is one transaction, as durable as asked: %s (INV-1)', async durability => {
    const driver = await openedDriver({}, freshName(), { durability });
    const made = vi.spyOn(IDBDatabase.prototype, 'transaction');
    onTestFinished(() => made.mockRestore());
    await driver.write([put('a', 1), put('b', 2), { key: metaKey('c'), value: undefined }]);
    const transactions = made.mock.results.map(({ value }) => value as IDBTransaction);
    expect(transactions.map(trx => [trx.mode, trx.durability])).toEqual([['readwrite', durability]]);
  });

  it('is acknowledged when its transaction is complete, and not before (INV-1)', async () => {
    const driver = await openedDriver();
    type Transact = (this: IDBDatabase, ...given: Parameters<IDBDatabase['transaction']>) => IDBTransaction;
    const transact = Reflect.get(IDBDatabase.prototype, 'transaction') as Transact;
    let complete = false;
    // Listeners are called in the order in which they came: this one is to be the first.
    const listenFirst: Transact = function (...given) {
      const trx = transact.apply(this, given);
      trx.addEventListener('complete', () => (complete = true));
      return trx;
    };
    const made = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(listenFirst);
    onTestFinished(() => made.mockRestore());
    await driver.write([put('a', 1)]);
    expect(complete).toBe(true);
  });
});

describe('persistent storage', () => {
  it('is asked for when the option says so, and the answer is that of the browser', async () => {
    const asked = vi.spyOn(StorageManager.prototype, 'persist');
    onTestFinished(() => asked.mockRestore());
    await using unasked = new IndexedDBRawStorage(freshName());
    await unasked.open();
    expect([unasked.persistence, asked.mock.calls.length]).toEqual(['unasked', 0]);
    for (const [answer, persistence] of [
      [true, 'granted'],
      [false, 'refused'],
    ] as const) {
      asked.mockResolvedValueOnce(answer);
      await using storage = new IndexedDBRawStorage(freshName(), { persist: true });
      await storage.open();
      await expect.poll(() => storage.persistence).toBe(persistence);
    }
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('tells how large the store is by what the browser says of its origin', async () => {
    await using storage = new IndexedDBRawStorage(freshName());
    await storage.open();
    const estimated = vi
      .spyOn(StorageManager.prototype, 'estimate')
      .mockResolvedValue({ usage: 12_345, quota: 99_999 });
    onTestFinished(() => estimated.mockRestore());
    expect(await storage.estimateSize()).toBe(12_345);
    expect(await storage.room()).toEqual({ usageBytes: 12_345, quotaBytes: 99_999 });
  });
});
