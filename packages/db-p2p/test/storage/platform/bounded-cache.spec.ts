import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import { BoundedCache } from '../../../src/storage/platform/bounded-cache.js';

const calls = fc.array(
  fc.oneof(
    fc.record({ call: fc.constant('get' as const), key: fc.nat(8) }),
    fc.record({
      call: fc.constant('set' as const),
      key: fc.nat(8),
      value: fc.nat(),
      size: fc.integer({ min: 1, max: 25 }),
    }),
    fc.record({ call: fc.constant('delete' as const), key: fc.nat(8) }),
    fc.record({ call: fc.constant('clear' as const) }),
  ),
  { maxLength: 60 },
);

type Cache = Pick<BoundedCache<number, number>, 'get' | 'delete' | 'clear'> & {
  set(key: number, value: number, options: { size?: number }): unknown;
};

describe('the cache that pages have (INV-12)', () => {
  it.each([{ max: 5 }, { maxSize: 40 }, { max: 4, maxSize: 40 }])('keeps what lru-cache keeps: %o', bounds => {
    fc.assert(
      fc.property(calls, sequence => {
        const caches: Cache[] = [new BoundedCache<number, number>(bounds), new LRUCache<number, number>(bounds)];
        for (const step of sequence) {
          const answers = caches.map(cache => {
            if (step.call === 'set')
              return void cache.set(step.key, step.value, 'maxSize' in bounds ? { size: step.size } : {});
            return step.call === 'clear' ? cache.clear() : cache[step.call](step.key);
          });
          expect(answers[0]).toEqual(answers[1]);
        }
        for (let key = 0; key <= 8; key++) expect(caches[0]!.get(key)).toEqual(caches[1]!.get(key));
      }),
      { numRuns: 500 },
    );
  });
});
