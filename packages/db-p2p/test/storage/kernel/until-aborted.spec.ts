import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../../../src/storage/kernel/until-aborted.js';

const never = new Promise<never>(() => undefined);
const reason = new RangeError('enough');

const listeners = (...callers: AbortController[]) =>
  callers.map(({ signal }) => getEventListeners(signal, 'abort').length);

describe('what is waited for until somebody aborts', () => {
  it('is what it comes to, and nobody is listened to any longer', async () => {
    const callers = [new AbortController(), new AbortController()];
    const signals = callers.map(({ signal }) => signal);
    const waiting = untilAborted(Promise.resolve('value'), signals);
    expect(listeners(...callers)).toEqual([1, 1]);
    expect(await waiting).toBe('value');
    await expect(untilAborted(Promise.reject(reason), signals)).rejects.toBe(reason);
    expect(listeners(...callers)).toEqual([0, 0]);
    expect(await untilAborted(Promise.resolve('value'), [])).toBe('value');
  });

  it.each([0, 1])('ends with the reason of the one who aborts, be it the first or the last: %i', async at => {
    const callers = [new AbortController(), new AbortController()];
    const signals = callers.map(({ signal }) => signal);
    const waiting = expect(untilAborted(never, signals)).rejects.toBe(reason);
    callers[at]?.abort(reason);
    await waiting;
    expect(listeners(...callers)).toEqual([0, 0]);
    await expect(untilAborted(never, signals)).rejects.toBe(reason);
    await expect(untilAborted(Promise.resolve('value'), signals)).rejects.toBe(reason);
    expect(listeners(...callers)).toEqual([0, 0]);
  });
});
