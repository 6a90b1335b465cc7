import { StoreClosedError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import {
  MemoryDriver,
  MemoryRawStorage,
  RawStorage,
  type BlockMetadata,
  type RecordKey,
} from '../../../src/storage/index.js';
import { SlowDriver } from './slow-driver.js';

const head = (rev: number): BlockMetadata => ({ ranges: [[rev]] });

function saveHeads(storage: RawStorage, rev: number): Promise<unknown> {
  return storage.batch().saveMetadata('a', head(rev)).saveMetadata('b', head(rev)).write();
}

/** Lets something happen while it reads. */
class OvertakenDriver extends SlowDriver {
  whileReading: () => Promise<unknown> = () => Promise.resolve();

  override async getMany(keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
    const values = await super.getMany(keys);
    await this.whileReading();
    return values;
  }
}

/** A store whose driver takes its time; it holds the heads of `a` and `b` at revision 1, none of them in the cache. */
async function slowStore(options: { cacheBytesMax?: number } = {}) {
  const driver = new OvertakenDriver();
  const storage = new RawStorage(driver, options);
  await saveHeads(storage, 1);
  await storage.close();
  await storage.open();
  driver.readCount = 0;
  return { driver, storage };
}

describe('a read from a driver that answers at once', () => {
  it('is answered at once as well, without a promise', async () => {
    for (const cacheBytesMax of [0, 1 << 20]) {
      const storage = new MemoryRawStorage({ cacheBytesMax });
      await saveHeads(storage, 1);
      expect(storage.getMetadataMany(['a', 'b'])).toEqual([head(1), head(1)]);
      expect(storage.getMetadataMany(['a', 'none'])).toEqual([head(1), undefined]);
      await storage.saveTransaction('a', 't', { transform: {}, rev: 1 });
      expect(storage.getTransaction('a', 't')).toEqual({ transform: {}, rev: 1 });
      await storage.close();
    }
  });
});

describe('a record that a driver gave at once', () => {
  it('is not asked for again, unless it is history', async () => {
    const driver = new MemoryDriver();
    let reads = 0;
    const counting = new Proxy(driver, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (
          (reads += name === 'get' ? 1 : 0),
          Reflect.apply(value, target, args) as unknown
        );
      },
    });
    const storage = new RawStorage(counting);
    await storage.savePendingTransaction('a', 't', { transform: {}, time: 1 });
    await storage.saveTransaction('a', 't', { transform: {}, rev: 1 });
    for (let i = 0; i < 3; i++) {
      void storage.getPendingTransaction('a', 't');
      void storage.getTransaction('a', 't');
    }
    expect(reads).toBe(1 + 3);
    await storage.close();
  });
});

describe('a read from a driver that takes its time', () => {
  it('finds one record, several, and none', async () => {
    const { storage } = await slowStore();
    for (const trxId of ['t1', 't2']) await storage.saveTransaction('a', trxId, { transform: {}, rev: 1 });
    expect(await storage.getTransactions('a', ['t1', 'none', 't2'])).toEqual([
      { transform: {}, rev: 1 },
      undefined,
      { transform: {}, rev: 1 },
    ]);
    expect(await storage.getTransaction('a', 't2')).toEqual({ transform: {}, rev: 1 });
    expect(await storage.getTransaction('a', 'none')).toBeUndefined();
  });

  it('is asked for only once what the cache lacks', async () => {
    const { driver, storage } = await slowStore();
    expect(await storage.getMetadataMany(['a'])).toEqual([head(1)]);
    expect(driver.readCount).toBe(1);
    expect(await storage.getMetadataMany(['a', 'b'])).toEqual([head(1), head(1)]);
    expect(driver.readCount).toBe(2);
    expect(storage.getMetadataMany(['b', 'a'])).toEqual([head(1), head(1)]);
    expect(driver.readCount).toBe(2);
  });

  it('waits while what it asks for is being written, and sees all of it (INV-2)', async () => {
    for (const cacheBytesMax of [0, 1 << 20]) {
      const { driver, storage } = await slowStore({ cacheBytesMax });
      driver.writes.shut();
      const written = saveHeads(storage, 2);
      await driver.writes.reached();
      const heads = storage.getMetadataMany(['a', 'b']);
      const one = storage.getMetadata('b');
      expect(heads).toBeInstanceOf(Promise);
      await Promise.resolve();
      driver.writes.release();
      expect(await heads).toEqual([head(2), head(2)]);
      expect(await one).toEqual(head(2));
      await written;
      await storage.close();
    }
  });

  it('is made again where a write of the same heads came between, so that it is a cut and nothing stale is kept (INV-2)', async () => {
    const { driver, storage } = await slowStore();
    driver.reads.shut();
    const heads = storage.getMetadataMany(['a', 'b']);
    await driver.reads.reached();
    await saveHeads(storage, 2);
    driver.reads.release();
    expect(await heads).toEqual([head(2), head(2)]);
    expect(await storage.getMetadataMany(['a', 'b'])).toEqual([head(2), head(2)]);
  });

  it('is not kept in the cache where a write of the record came between', async () => {
    const { driver, storage } = await slowStore();
    await storage.savePendingTransaction('a', 't', { transform: {}, time: 1 });
    await storage.close();
    await storage.open();
    driver.reads.shut();
    const early = storage.getPendingTransaction('a', 't');
    await driver.reads.reached();
    await storage.savePendingTransaction('a', 't', { transform: {}, time: 2 });
    driver.reads.release();
    expect((await early)?.time).toBe(1);
    expect((await storage.getPendingTransaction('a', 't'))?.time).toBe(2);
  });

  it('is kept in the cache where a write of other records came between', async () => {
    const { driver, storage } = await slowStore();
    driver.reads.shut();
    const reading = storage.getMetadataMany(['a', 'b']);
    await driver.reads.reached();
    await storage.saveMetadata('c', head(1));
    driver.reads.release();
    await reading;
    const { readCount } = driver;
    expect(storage.getMetadataMany(['a', 'b'])).toEqual([head(1), head(1)]);
    expect(driver.readCount).toBe(readCount);
  });

  it.each([0, 1 << 20])('ends while writes go on overtaking it, with a cache of %i bytes', async cacheBytesMax => {
    const { storage } = await slowStore({ cacheBytesMax });
    let isRead = false;
    let rev = 1;
    const overtaking = (async () => {
      for (; rev < 1_000 && !isRead; rev++) await saveHeads(storage, rev);
    })();
    const [a, b] = await storage.getMetadataMany(['a', 'b']);
    isRead = true;
    expect(a).toEqual(b);
    await overtaking;
    expect(rev).toBeLessThan(20);
  });

  it('is made alone after three that writes have overtaken: then those wait (INV-2)', async () => {
    const { driver, storage } = await slowStore({ cacheBytesMax: 0 });
    const written: Promise<unknown>[] = [];
    let isOvertaken = true;
    driver.whileReading = async () => {
      const write = saveHeads(storage, 2 + written.length);
      written.push(write);
      isOvertaken = await Promise.race([
        write.then(() => true),
        new Promise<boolean>(resolve => setImmediate(resolve, false)),
      ]);
    };
    expect(await storage.getMetadataMany(['a', 'b'])).toEqual([head(4), head(4)]);
    expect(isOvertaken).toBe(false);
    expect(driver.readCount).toBe(4);
    await Promise.all(written);
    driver.whileReading = () => Promise.resolve();
    expect(await storage.getMetadataMany(['a', 'b'])).toEqual([head(5), head(5)]);
  });

  it('is waited for by close()', async () => {
    const { driver, storage } = await slowStore();
    driver.reads.shut();
    const reading = storage.getMetadataMany(['a', 'b']);
    await driver.reads.reached();
    let isClosed = false;
    const closed = storage.close().then(() => (isClosed = true));
    await new Promise(resolve => setImmediate(resolve));
    expect(isClosed).toBe(false);
    driver.reads.release();
    expect(await reading).toEqual([head(1), head(1)]);
    await closed;
  });
});

describe('a store that is closed and opened again', () => {
  it('tells again when its log grows, and aborts what belongs to the life before', async () => {
    const storage = new MemoryRawStorage();
    await storage.open();
    const { closing } = storage;
    const waiting = storage.logGrowth(0);
    const refused = expect(waiting).rejects.toThrow(StoreClosedError);
    await storage.close();
    await refused;
    expect(closing.aborted).toBe(true);
    await storage.open();
    expect(storage.closing.aborted).toBe(false);
    const growth = storage.logGrowth(0);
    await storage
      .batch()
      .saveMetadata('a', head(1))
      .appendLog({ kind: 'commit', trxId: 't', rev: 1, blockIds: ['a'], time: 1 })
      .write();
    await growth;
    expect(storage.logSeq).toBe(1);
    await storage.close();
  });
});
