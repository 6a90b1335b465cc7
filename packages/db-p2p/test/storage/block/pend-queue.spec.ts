import { describe, expect, it } from 'vitest';
import { PendQueue, type QueuePlace } from '../../../src/storage/block/pend-queue.js';

/** How often a place was told to look again. */
function watch(place: QueuePlace): { looks: number } {
  const watched = { looks: 0 };
  void (async () => {
    for (;;) {
      await place.changed();
      watched.looks++;
    }
  })();
  return watched;
}

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('the queue of those who wait for pendings to go', () => {
  it('lets only the first on each of its blocks go on, and tells the next when that one leaves', async () => {
    const queue = new PendQueue();
    const first = queue.join(['a', 'b']);
    const second = queue.join(['b', 'c']);
    const third = queue.join(['c']);
    const watched = [first, second, third].map(watch);
    const looks = async () => {
      await turn();
      return watched.map(each => each.looks);
    };
    expect([first, second, third].map(place => place.isFirst())).toEqual([true, false, false]);
    queue.notify(['none']);
    expect(await looks()).toEqual([0, 0, 0]);
    queue.notify(['b']);
    expect(await looks()).toEqual([1, 0, 0]);
    queue.notify(['c']);
    expect(await looks()).toEqual([1, 1, 0]);
    first.leave();
    expect(await looks()).toEqual([1, 2, 0]);
    expect([second, third].map(place => place.isFirst())).toEqual([true, false]);
    second.leave();
    expect(await looks()).toEqual([1, 2, 1]);
    expect(third.isFirst()).toBe(true);
    third.leave();
    expect(queue.join(['a', 'b', 'c']).isFirst()).toBe(true);
  });
});
