import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latches } from '@blockstrata/db-core';

describe('Latches', () => {
  it('lets one holder of a key in at a time, without a deadlock, whatever sets are taken, and leaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__'), { minLength: 1 }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (scheduler, sets) => {
          const latches = new Latches();
          const holders = new Set<string>();
          let done = 0;
          const work = sets.map(async set => {
            const release = await latches.acquire([...set].sort());
            for (const key of set) {
              expect(holders.has(key)).toBe(false);
              holders.add(key);
            }
            await scheduler.schedule(Promise.resolve(), set.join());
            for (const key of set) holders.delete(key);
            release();
            done++;
          });
          await scheduler.waitFor(Promise.all(work));
          expect(done).toBe(sets.length);
          expect(latches.size).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('serves who waits for a key in the order of asking', async () => {
    const latches = new Latches();
    const order: number[] = [];
    const first = await latches.acquire(['a']);
    const waiting = [1, 2, 3, 4].map(async i => {
      const release = await latches.acquire(['a']);
      order.push(i);
      release();
    });
    first();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('does not make holders of different keys wait for each other', async () => {
    const latches = new Latches();
    const a = await latches.acquire(['a']);
    const b = await latches.acquire(['b']);
    expect(latches.size).toBe(2);
    a();
    b();
    expect(latches.size).toBe(0);
  });

  it('gives back once, however often it is told to', async () => {
    const latches = new Latches();
    const release = await latches.acquire(['a']);
    const second = latches.acquire(['a']);
    const third = latches.acquire(['a']);
    release();
    release();
    const releaseSecond = await second;
    let thirdHas = false;
    void Promise.resolve(third).then(() => (thirdHas = true));
    await Promise.resolve();
    await Promise.resolve();
    expect(thirdHas).toBe(false);
    releaseSecond();
    (await third)();
    expect(latches.size).toBe(0);
  });

  it('takes no key without complaint', async () => {
    const latches = new Latches();
    (await latches.acquire([]))();
    expect(latches.size).toBe(0);
  });
});
