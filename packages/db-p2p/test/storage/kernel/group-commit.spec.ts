import { StorageIoError, StorePoisonedError } from '@blockstrata/db-core';
import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryDriver, RawStorage, type DriverWrite } from '../../../src/storage/index.js';
import { SlowDriver } from './slow-driver.js';

/** Writes down how many records each write has, and fails once it is told how. */
class RecordingDriver extends SlowDriver {
  readonly groups: number[] = [];
  failure: StorageIoError | undefined;

  override async write(writes: readonly DriverWrite[]): Promise<void> {
    this.groups.push(writes.length);
    await this.writes.pass();
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    await this.memory.write(writes);
  }
}

const head = (rev: number) => ({ ranges: [[rev]] as [[number]] });

describe('the batches of a store', () => {
  let driver: RecordingDriver;
  let storage: RawStorage;

  const save = (blockId: string, signal?: AbortSignal) =>
    storage
      .batch()
      .saveMetadata(blockId, head(1))
      .write(signal && { signal });
  const saved = async () => {
    const ids: string[] = [];
    for await (const blockId of storage.listBlockIds()) ids.push(blockId);
    return ids;
  };
  const bytesOfOne = () => storage.batch().saveMetadata('a', head(1)).byteLength;

  async function open(groupBytesMax?: number): Promise<void> {
    driver = new RecordingDriver();
    storage = new RawStorage(driver, groupBytesMax === undefined ? {} : { limits: { groupBytesMax } });
    await storage.open();
  }

  /** A batch that the driver holds up, so that what follows must queue. */
  async function holdUp(): Promise<{ readonly first: Promise<unknown> }> {
    driver.writes.shut();
    const first = save('held');
    await driver.writes.reached();
    return { first: Promise.allSettled([first]) };
  }

  beforeEach(() => open());

  it('that wait are written together, as far as they are within the bound, and one that is larger alone', async () => {
    const one = bytesOfOne();
    for (const [groupBytesMax, groups] of [
      [2 * one, [1, 2, 2, 1]],
      [2 * one - 1, [1, 1, 1, 1, 1, 1]],
      [1, [1, 1, 1, 1, 1, 1]],
      [9 * one, [1, 5]],
    ] as const) {
      await open(groupBytesMax);
      const { first } = await holdUp();
      const others = ['1', '2', '3', '4', '5'].map(id => save(id));
      driver.writes.release();
      await Promise.all([first, ...others]);
      expect(driver.groups).toEqual(groups);
    }
  });

  it('of callers who go on once they are answered go down together, round by round', async () => {
    const caller = async (name: string) => {
      for (let round = 1; round <= 10; round++) await save(`${name} ${round}`);
    };
    for (const callers of [2, 8]) {
      await open();
      await Promise.all(Array.from({ length: callers }, (_, i) => caller(`${i}`)));
      // The very first does not wait for company.
      expect(driver.groups).toEqual([1, ...Array.from({ length: 9 }, () => callers), callers - 1]);
    }
  });

  it('of a lone caller do not wait for others', async () => {
    storage = new RawStorage(new MemoryDriver());
    await storage.open();
    let turns = 0;
    const counting = setImmediate().then(() => turns++);
    for (let round = 1; round <= 10; round++) await save(`${round}`);
    expect(turns).toBe(0);
    await counting;
  });

  it('are taken back by an abort until the driver has them, and no others (INV-8)', async () => {
    const { first } = await holdUp();
    const aborting = new AbortController();
    const others = [save('1'), save('2', aborting.signal), save('3')];
    aborting.abort(new TypeError('not any more'));
    await expect(others[1]).rejects.toThrow('not any more');
    driver.writes.release();
    await Promise.all([first, others[0], others[2]]);
    expect(await saved()).toEqual(['1', '3', 'held']);
  });

  it('leave no listener behind at a signal', async () => {
    const { signal } = new AbortController();
    await save('1', signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await holdUp();
    const waiting = save('2', signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    driver.failure = new StorageIoError('write', {});
    driver.writes.release();
    await expect(waiting).rejects.toThrow(StorePoisonedError);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('are all refused after a failed write whose outcome is unknown, until the store is opened again (INV-7)', async () => {
    const { first } = await holdUp();
    const waiting = expect(save('1')).rejects.toThrow(StorePoisonedError);
    driver.failure = new StorageIoError('write', { cause: new TypeError('EIO') });
    driver.writes.release();
    expect(await first).toMatchObject([
      { status: 'rejected', reason: { message: expect.stringContaining('write') as string } },
    ]);
    await waiting;
    await expect(save('2')).rejects.toThrow(StorePoisonedError);
    await storage.close();
    expect(await storage.open()).toMatchObject({ recovered: true });
    await save('3');
    expect(await saved()).toEqual(['3']);
  });

  it('go on after a failed write that has written nothing', async () => {
    const { first } = await holdUp();
    const waiting = save('1');
    driver.failure = new StorageIoError('write', { outcome: 'nothing-written' });
    driver.writes.release();
    expect(await first).toMatchObject([{ status: 'rejected' }]);
    await waiting;
    expect(await saved()).toEqual(['1']);
    await storage.close();
    expect(await storage.open()).toMatchObject({ recovered: false });
  });

  it('wake those who wait for the log to grow only if they make it grow', async () => {
    const entry = { kind: 'commit', trxId: 't', rev: 1, blockIds: ['a'], time: 1 } as const;
    const append = () =>
      storage
        .batch()
        .appendLog({ ...entry, blockIds: [...entry.blockIds] })
        .write();
    const awake: number[] = [];
    const wait = (seq: number) => storage.logGrowth(seq).then(() => awake.push(seq));
    const growth = [wait(0), wait(0)];
    await save('1');
    await setImmediate();
    expect(awake).toEqual([]);
    await append();
    await Promise.all(growth);
    const second = wait(1);
    await setImmediate();
    expect(awake).toEqual([0, 0]);
    await append();
    await second;
    expect(awake).toEqual([0, 0, 1]);
  });

  it('are all settled before the store is closed', async () => {
    await holdUp();
    const waiting = save('1');
    let isClosed = false;
    const closed = storage.close().then(() => (isClosed = true));
    await setImmediate();
    expect(isClosed).toBe(false);
    driver.writes.release();
    await waiting;
    await closed;
    await storage.open();
    expect(await saved()).toEqual(['1', 'held']);
  });

  it('of one call are on the disk before the call resolves', async () => {
    const block = { header: { id: 'a', type: 'T', collectionId: 'c' } };
    const calls = [
      () => storage.saveMetadata('a', head(1)),
      () => storage.saveRevision('a', 1, { trxId: 't' }),
      () => storage.savePendingTransaction('a', 't', { transform: {}, time: 1 }),
      () => storage.deletePendingTransaction('a', 't'),
      () => storage.promotePendingTransaction('a', 't', { transform: {}, rev: 1 }),
      () => storage.saveTransaction('a', 't', { transform: {}, rev: 1 }),
      () => storage.saveMaterializedBlock('a', 't', block),
      () => storage.deleteMaterializedBlock('a', 't'),
    ];
    for (const call of calls) {
      driver.writes.shut();
      let isDone = false;
      const done = call().then(() => (isDone = true));
      await driver.writes.reached();
      await setImmediate();
      expect(isDone).toBe(false);
      driver.writes.release();
      await done;
    }
  });
});
