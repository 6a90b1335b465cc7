import { expect, it } from 'vitest';
import { RawStorage, type PendingRecord } from '../../../src/storage/index.js';
import { SlowDriver } from './slow-driver.js';

const pending = (time: number): PendingRecord => ({ transform: {}, time });

/** A store whose driver takes its time; `t` is pending on `a` since 1, and nothing is in the cache. */
async function slowStore() {
  const driver = new SlowDriver();
  const storage = new RawStorage(driver);
  await storage
    .batch()
    .savePendingTransaction('a', 't', pending(1))
    .saveTransaction('a', 'c', { transform: {}, rev: 1 })
    .saveMetadata('a', { ranges: [[1]], latest: { trxId: 'c', rev: 1 }, pendings: ['t'] })
    .saveMaterializedBlock('a', 'c', block(7))
    .write();
  await storage.close();
  await storage.open();
  driver.readCount = 0;
  return { driver, storage };
}

function block(byte: number) {
  return { header: { id: 'a', type: 'test', collectionId: 'test' }, bytes: Uint8Array.of(byte) };
}

async function isSettled(promise: PromiseLike<unknown>): Promise<boolean> {
  const unsettled = Symbol('unsettled');
  const later = new Promise(resolve => setImmediate(resolve, unsettled));
  return (await Promise.race([promise, later])) !== unsettled;
}

it('what is pending is read once, and then answered at once', async () => {
  const { driver, storage } = await slowStore();
  expect(await storage.getPendingTransaction('a', 't')).toEqual(pending(1));
  expect(storage.getPendingTransaction('a', 't')).toEqual(pending(1));
  expect(driver.readCount).toBe(1);
});

it('what was committed is read each time, for the cache is not for history', async () => {
  const { driver, storage } = await slowStore();
  for (let reads = 1; reads <= 3; reads++) {
    expect(await storage.getTransaction('a', 'c')).toEqual({ transform: {}, rev: 1 });
    expect(driver.readCount).toBe(reads);
  }
});

it('nobody can change a cached copy through its byte arrays (INV-13)', async () => {
  const { driver, storage } = await slowStore();
  await storage.getMetadata('a');
  const first = await storage.getMaterializedBlock('a', 'c');
  (first?.bytes as Uint8Array).fill(9);
  const { readCount } = driver;
  const second = await storage.getMaterializedBlock('a', 'c');
  expect(second).toEqual(block(7));
  (second?.bytes as Uint8Array).fill(9);
  expect(await storage.getMaterializedBlock('a', 'c')).toEqual(block(7));
  expect(driver.readCount).toBe(readCount);
});

it('a record that is being written is read when that is done (INV-2)', async () => {
  const { driver, storage } = await slowStore();
  driver.writes.shut();
  const written = storage
    .batch()
    .savePendingTransaction('a', 't', pending(2))
    .saveTransaction('a', 'c', { transform: {}, rev: 2 })
    .write();
  await driver.writes.reached();
  const reads = [storage.getPendingTransaction('a', 't'), storage.getTransaction('a', 'c')].map(async read => read);
  const many = storage.getTransactions('a', ['c', 'none']);
  const other = storage.getTransaction('a', 'none');
  expect(await other).toBeUndefined();
  expect(await isSettled(Promise.race([...reads, many]))).toBe(false);
  driver.writes.release();
  await written;
  expect(await Promise.all(reads)).toEqual([pending(2), { transform: {}, rev: 2 }]);
  expect(await many).toEqual([{ transform: {}, rev: 2 }, undefined]);
});

it('a read that a write overtakes ends after it, and keeps nothing of what was before (INV-2)', async () => {
  const { driver, storage } = await slowStore();
  driver.reads.shut();
  const early = Promise.resolve(storage.getPendingTransaction('a', 't'));
  await driver.reads.reached();
  driver.writes.shut();
  const written = storage.savePendingTransaction('a', 't', pending(2));
  await driver.writes.reached();
  driver.reads.release();
  expect(await isSettled(early)).toBe(false);
  driver.writes.release();
  await written;
  expect(await early).toEqual(pending(1));
  expect(await storage.getPendingTransaction('a', 't')).toEqual(pending(2));
});

it('a read that a write of other records passes does not wait for it, and is kept', async () => {
  const { driver, storage } = await slowStore();
  driver.reads.shut();
  const reading = storage.getPendingTransaction('a', 't');
  await driver.reads.reached();
  driver.writes.shut();
  const written = storage.savePendingTransaction('b', 't', pending(2));
  await driver.writes.reached();
  driver.reads.release();
  expect(await reading).toEqual(pending(1));
  driver.writes.release();
  await written;
  const { readCount } = driver;
  expect(storage.getPendingTransaction('a', 't')).toEqual(pending(1));
  expect(driver.readCount).toBe(readCount);
});
