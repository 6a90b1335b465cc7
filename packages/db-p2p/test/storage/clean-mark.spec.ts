import { CorruptRecordError } from '@blockstrata/db-core';
import { logKey, MemoryDriver, RawStorage, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { describe, expect, it, vi } from 'vitest';
import { cborCodec } from '../../src/storage/kernel/cbor-codec.js';
import { SlowDriver } from './kernel/slow-driver.js';
import { commitHistory, openRepo, seeded } from './history.js';

async function closedStore(): Promise<MemoryDriver> {
  const driver = new MemoryDriver();
  const storage = new RawStorage(driver);
  await commitHistory(openRepo(storage), ['a', 'b'], 10, seeded(1));
  await storage.close();
  return driver;
}

/** Loses log entries behind the kernel's back, as an engine does that drops a part of its own log. */
function lose(driver: MemoryDriver, ...seqs: number[]): Promise<void> {
  return change(
    driver,
    seqs.map(seq => ({ key: logKey(seq), value: undefined })),
  );
}

async function change(driver: MemoryDriver, writes: readonly DriverWrite[]): Promise<void> {
  let header: Uint8Array | undefined;
  const admit = (bytes: Uint8Array | undefined) => ({ bytes: (header = bytes ?? new Uint8Array()), epoch: 1 });
  await driver.open({ create: false, durability: 'strict', salvage: false, admit });
  await driver.write(writes);
  await driver.close(header);
}

describe('the mark of a clean shutdown', () => {
  it('lets a store open that holds what it held', async () => {
    const storage = new RawStorage(await closedStore());
    expect(await storage.open()).toMatchObject({ recovered: false, losses: [] });
  });

  it('lets a store open whose driver takes its time', async () => {
    const driver = new SlowDriver();
    const storage = new RawStorage(driver);
    await commitHistory(openRepo(storage), ['a'], 3, seeded(1));
    await storage.close();
    expect(await storage.open()).toMatchObject({ recovered: false, losses: [] });
    await storage.close();
  });

  it('shows that the tail of the commit log is gone, which no chain can (INV-3)', async () => {
    const driver = await closedStore();
    await lose(driver, 9, 10);
    const storage = new RawStorage(driver);
    await expect(storage.open()).rejects.toThrow(CorruptRecordError);
    const { losses } = await storage.open({ salvage: true });
    expect(losses).toHaveLength(1);
    expect((await openRepo(storage).verify()).logEntries).toBe(8);
  });

  it('shows that the last entry is another one, as in an old copy that went on by itself (INV-3)', async () => {
    const driver = await closedStore();
    const entry = {
      seq: 10,
      kind: 'commit',
      trxId: 'other',
      rev: 1,
      blockIds: ['a'],
      time: 1,
      prev: new Uint8Array(32),
    };
    await change(driver, [{ key: logKey(10), value: cborCodec.seal(logKey(10), entry) }]);
    const storage = new RawStorage(driver);
    await expect(storage.open()).rejects.toThrow('entry 10 is not the one that was there');
    expect((await storage.open({ salvage: true })).losses).toHaveLength(1);
  });

  it('tells where the log ends without a scan, unless the log goes on behind it', async () => {
    const driver = await closedStore();
    const scan = vi.spyOn(driver, 'scan');
    const storage = new RawStorage(driver);
    await storage.open();
    expect(storage.logSeq).toBe(10);
    expect(scan).not.toHaveBeenCalled();
    await storage.close();
    const entry = {
      seq: 11,
      kind: 'commit',
      trxId: 'later',
      rev: 9,
      blockIds: ['a'],
      time: 1,
      prev: new Uint8Array(32),
    };
    await change(driver, [{ key: logKey(11), value: cborCodec.seal(logKey(11), entry) }]);
    await storage.open();
    expect(storage.logSeq).toBe(11);
    await storage.close();
  });

  it('leaves a hole in the middle for verify() to find', async () => {
    const driver = await closedStore();
    await lose(driver, 4);
    const { violations } = await openRepo(new RawStorage(driver)).verify();
    expect(violations.map(({ kind }) => kind)).toEqual(['hole']);
  });

  it('is not there after a crash, and the store says that it was recovered', async () => {
    const driver = new MemoryDriver();
    await new RawStorage(driver).open();
    await driver.close(undefined);
    expect(await new RawStorage(driver).open()).toMatchObject({ recovered: true, epoch: 2 });
  });
});
