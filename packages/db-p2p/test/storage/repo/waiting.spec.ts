import type { RepoOptions } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, RawStorage, StorageRepo } from '../../../src/storage/index.js';
import { SlowDriver } from '../kernel/slow-driver.js';

const block = { header: { id: 'a', type: 't', collectionId: 'a' } };

/** A clock that stands still, and the timers that were set by it and not called off. */
function standingClock() {
  const timers = new Set<{ delayMs: number; fire: () => void }>();
  const clock = {
    time: 1_000,
    timers,
    now: () => clock.time,
    after: (delayMs: number, fire: () => void) => {
      const timer = { delayMs, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  return clock;
}

/** A repository where a pend waits for another one. */
async function waitingPend(options: RepoOptions) {
  const driver = new SlowDriver();
  const clock = standingClock();
  const storage = new RawStorage(driver, { clock, cacheBytesMax: 0 });
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  await repo.pend({ trxId: 't1', transforms: { inserts: { a: block } }, policy: 'c' });
  const pended = repo.pend({ trxId: 't2', transforms: { inserts: { a: block } }, policy: 'w' }, options);
  await standstill();
  return { driver, clock, repo, pended };
}

/** Once everything that can go on has gone on. */
const standstill = () => new Promise(resolve => setImmediate(resolve));

const delays = (clock: ReturnType<typeof standingClock>) => [...clock.timers].map(({ delayMs }) => delayMs);

describe("a pend that waits with 'w'", () => {
  it('asks nothing of the store meanwhile, and sets no timer where it has no end', async () => {
    const { driver, clock, repo, pended } = await waitingPend({});
    const reads = driver.readCount;
    for (let turn = 0; turn < 5; turn++) await standstill();
    expect(driver.readCount).toBe(reads);
    expect(delays(clock)).toEqual([]);
    await repo.cancel({ trxId: 't1', blockIds: ['a'] });
    expect(await pended).toEqual({ success: true, pending: [], blockIds: ['a'] });
  });

  it('sets one timer for its end, and calls it off where it went on before', async () => {
    const { driver, clock, repo, pended } = await waitingPend({ expiration: 1_050 });
    expect(delays(clock)).toEqual([50]);
    const reads = driver.readCount;
    for (let turn = 0; turn < 5; turn++) await standstill();
    expect(driver.readCount).toBe(reads);
    await repo.cancel({ trxId: 't1', blockIds: ['a'] });
    expect(await pended).toMatchObject({ success: true });
    expect(delays(clock)).toEqual([]);
  });

  it('ends when its time has come, and not with a timer that comes too early', async () => {
    const { clock, repo, pended } = await waitingPend({ expiration: 1_050 });
    for (const [time, left] of [
      [1_049, [1]],
      [1_050, []],
    ] as const) {
      clock.time = time;
      for (const { fire } of clock.timers) fire();
      await standstill();
      expect(delays(clock)).toEqual(left);
    }
    expect(await pended).toMatchObject({ success: false, code: 'expired' });
    expect(await repo.get({ blockIds: ['a'] })).toEqual({ a: { state: { pendings: ['t1'] } } });
  });
});
