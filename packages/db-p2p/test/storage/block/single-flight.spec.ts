import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../../src/storage/block/single-flight.js';

function held<T>() {
  let release: (value: T) => void = () => undefined;
  const promise = new Promise<T>(resolve => (release = resolve));
  return { promise, release };
}

describe('calls that are shared', () => {
  it('are one while it is under way, for the same key, and are made again after it', async () => {
    const flights = new SingleFlight();
    const { promise, release } = held<number>();
    let calls = 0;
    const call = () => {
      calls++;
      return promise;
    };
    const both = [flights.run('a', [], call), flights.run('a', [], call)];
    const other = flights.run('b', [], call);
    expect(calls).toBe(2);
    release(7);
    expect(await Promise.all([...both, other])).toEqual([7, 7, 7]);
    await flights.run('a', [], call);
    expect(calls).toBe(3);
  });

  it('are called off when the last who waits gives up, with the reason, and not before', async () => {
    const flights = new SingleFlight();
    const seen: AbortSignal[] = [];
    const calledOff = held<never>();
    const call = (signal: AbortSignal) => {
      seen.push(signal);
      return calledOff.promise;
    };
    const [first, last] = [new AbortController(), new AbortController()];
    const waiting = [first, last].map(({ signal }) => flights.run('a', [new AbortController().signal, signal], call));
    const outcomes = Promise.allSettled(waiting);
    first.abort(new RangeError('first'));
    await expect(waiting[0]).rejects.toThrow('first');
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
    last.abort(new RangeError('last'));
    await outcomes;
    expect(seen.map(({ reason }) => reason as unknown)).toEqual([new RangeError('last')]);
    // The one that was called off is not what the next one gets, nor does its end touch that.
    const { promise, release } = held<number>();
    const next = flights.run('a', [], () => promise);
    calledOff.release(undefined as never);
    await new Promise(resolve => setImmediate(resolve));
    const shared = flights.run('a', [], async () => 2);
    release(1);
    expect(await Promise.all([next, shared])).toEqual([1, 1]);
  });

  it('are not called off any more once they are through', async () => {
    const flights = new SingleFlight();
    const seen: AbortSignal[] = [];
    await flights.run('a', [], async signal => void seen.push(signal));
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('may fail when the only one who asked gave up as it began', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const asker = new AbortController();
    const asked = new SingleFlight().run('a', [asker.signal], async () => {
      asker.abort(new RangeError('gone'));
      throw new TypeError('called off');
    });
    await expect(asked).rejects.toThrow('gone');
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  it('do not begin for one who has given up already', async () => {
    let calls = 0;
    const call = async () => ++calls;
    await expect(new SingleFlight().run('a', [AbortSignal.abort(new RangeError('gone'))], call)).rejects.toThrow(
      'gone',
    );
    expect(calls).toBe(0);
  });
});
