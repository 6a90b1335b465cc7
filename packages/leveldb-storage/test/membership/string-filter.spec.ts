import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StringFilter } from '../../src/membership/string-filter.js';

describe('a filter of strings', () => {
  it('holds every string that was added (INV-6)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (keys, max) => {
          const filter = new StringFilter(max);
          for (const key of keys) filter.add(key);
          expect(keys.filter(key => !filter.mayHold(key))).toEqual([]);
          expect(filter.isFull).toBe(keys.length >= max);
        },
      ),
    );
  });

  it('takes few others for one of them when it is full', () => {
    const KEYS = 20_000;
    const filter = new StringFilter(KEYS);
    for (let i = 0; i < KEYS; i++) filter.add(`m+block-${i}`);
    let mistaken = 0;
    for (let i = 0; i < KEYS; i++) if (filter.mayHold(`m+other-${i}`)) mistaken++;
    expect(mistaken).toBeLessThan(KEYS / 250);
    expect(new StringFilter(KEYS).mayHold('m+other-1')).toBe(false);
  });
});
