import { describe, expect, it } from 'vitest';
import { MemoryDriver, RawStorage, type DriverWrite } from '../../../src/storage/index.js';
import { SlowDriver } from './slow-driver.js';

/** Counts how many records each write of it has. */
class CountingDriver extends SlowDriver {
  readonly counts: number[] = [];

  override write(writes: readonly DriverWrite[]): Promise<void> {
    this.counts.push(writes.length);
    return super.write(writes);
  }
}

describe('a RawStorage', () => {
  it('refuses options that its driver, or it, cannot keep', () => {
    const driver = Object.assign(new MemoryDriver(), {
      supports: { ...new MemoryDriver().supports, durability: ['relaxed'] as const },
    });
    expect(() => new RawStorage(driver)).toThrow('durability "strict" is not supported');
    expect(() => new RawStorage(driver, { durability: 'relaxed' })).not.toThrow();
    for (const cacheBytesMax of [-1, 1.5, Number.NaN]) {
      expect(() => new RawStorage(new MemoryDriver(), { cacheBytesMax })).toThrow(TypeError);
    }
  });

  it.each([
    ['all that wait in one write, where it is not too much', 1 << 20, [1, 3]],
    ['one at a time, where each is too much', 1, [1, 1, 1, 1]],
  ])('hands its driver %s (INV-12)', async (_what, groupBytesMax, counts) => {
    const driver = new CountingDriver();
    const storage = new RawStorage(driver, { limits: { groupBytesMax } });
    await storage.open();
    driver.writes.shut();
    const saving = ['a', 'b', 'c', 'd'].map(blockId => storage.saveMetadata(blockId, { ranges: [[1]] }));
    await driver.writes.reached();
    driver.writes.release();
    await Promise.all(saving);
    expect(driver.counts).toEqual(counts);
    await storage.close();
  });

  it('reads transactions that are being written only when all of them are there (INV-2)', async () => {
    const driver = new SlowDriver();
    const storage = new RawStorage(driver);
    await storage.open();
    driver.writes.shut();
    const trx = { transform: {}, rev: 1 };
    const saving = storage.batch().saveTransaction('a', 't1', trx).saveTransaction('a', 't2', trx).write();
    await driver.writes.reached();
    const reading = storage.getTransactions('a', ['t1', 't2']);
    await new Promise(resolve => setImmediate(resolve));
    expect(driver.readCount).toBe(0);
    driver.writes.release();
    expect(await reading).toEqual([trx, trx]);
    await saving;
    await storage.close();
  });
});
