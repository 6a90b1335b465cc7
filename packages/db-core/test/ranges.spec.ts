import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRanges, rangeAt, toRange, type RevisionRange } from '@blockstrata/db-core';

const TOP = 40;
const ranges: fc.Arbitrary<RevisionRange[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: TOP }), fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined, freq: 8 }))
    .map(([start, length]) => toRange(start, length === undefined ? undefined : start + length)),
  { maxLength: 8 },
);

function covered(list: readonly RevisionRange[]): boolean[] {
  return Array.from({ length: TOP + 20 }, (_, rev) =>
    list.some(([start, end]) => rev >= start && (end === undefined || rev < end)),
  );
}

describe('mergeRanges', () => {
  it('covers exactly what its ranges cover, sorted, and no two of them touch', () => {
    fc.assert(
      fc.property(ranges, list => {
        const before = structuredClone(list);
        const merged = mergeRanges(list);
        expect(list).toEqual(before);
        expect(covered(merged)).toEqual(covered(list));
        merged.forEach(([start], i) => {
          const below = merged[i - 1];
          if (below !== undefined) expect(below[1] !== undefined && below[1] < start).toBe(true);
        });
        expect(mergeRanges(merged)).toEqual(merged);
        expect(merged.every(range => range.length === (range[1] === undefined ? 1 : 2))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives ranges that are its own', () => {
    const list: RevisionRange[] = [[1, 3]];
    const merged = mergeRanges(list);
    expect(merged[0]).not.toBe(list[0]);
  });
});

describe('rangeAt', () => {
  it('finds the range that holds a revision, and none where none does', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: TOP + 15 }), (list, rev) => {
        const merged = mergeRanges(list);
        expect(rangeAt(merged, rev) !== undefined).toBe(covered(merged)[rev]);
      }),
    );
  });
});
