import type { Clock } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { HANDLE_RETRIES_MAX, HANDLE_RETRY_DELAY_MS } from '../../src/bounds.js';
import { isOutOfHandles, whenHandlesAreFree } from '../../src/file-system/when-handles-are-free.js';

/** A clock whose timers fire at once, and that notes for how long they were set. */
function impatientClock(): Clock & { readonly delays: number[] } {
  const delays: number[] = [];
  return {
    delays,
    now: () => 0,
    after(delayMs, fire) {
      delays.push(delayMs);
      queueMicrotask(fire);
      return () => undefined;
    },
  };
}

function failure(code: string): Error {
  return Object.assign(new RangeError(code), { code });
}

/** A call that fails so often in some way, and then answers how often it was made. */
function failsFirst(times: number, code: string): { call: () => Promise<number>; readonly calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    call: async () => {
      calls++;
      if (calls <= times) throw failure(code);
      return calls;
    },
  };
}

describe('a call that needs a file handle', () => {
  it('is made once where there is one, without a wait', async () => {
    const clock = impatientClock();
    expect(await whenHandlesAreFree(clock, failsFirst(0, 'EMFILE').call)).toBe(1);
    expect(clock.delays).toEqual([]);
  });

  it.each(['EMFILE', 'ENFILE'])('is made again after a wait while there is none: %s (INV-12)', async code => {
    const clock = impatientClock();
    expect(await whenHandlesAreFree(clock, failsFirst(3, code).call)).toBe(4);
    expect(clock.delays).toEqual([HANDLE_RETRY_DELAY_MS, HANDLE_RETRY_DELAY_MS, HANDLE_RETRY_DELAY_MS]);
  });

  it('is given up after so many tries, with the failure itself', async () => {
    const clock = impatientClock();
    const { call, calls } = failsFirst(Number.POSITIVE_INFINITY, 'EMFILE');
    await expect(whenHandlesAreFree(clock, call)).rejects.toMatchObject({ code: 'EMFILE' });
    expect(calls()).toBe(HANDLE_RETRIES_MAX + 1);
    expect(clock.delays).toHaveLength(HANDLE_RETRIES_MAX);
  });

  it.each(['EIO', 'ENOENT', 'ENOSPC'])('is never repeated after another failure: %s (INV-7)', async code => {
    const clock = impatientClock();
    const { call, calls } = failsFirst(1, code);
    await expect(whenHandlesAreFree(clock, call)).rejects.toMatchObject({ code });
    expect(calls()).toBe(1);
    expect(clock.delays).toEqual([]);
  });

  it('is told apart by the code of its failure alone', () => {
    expect(['EMFILE', 'ENFILE'].map(code => isOutOfHandles(failure(code)))).toEqual([true, true]);
    expect([failure('EACCES'), new RangeError('EMFILE'), 'EMFILE', undefined].map(isOutOfHandles)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
