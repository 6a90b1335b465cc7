import { applyTransform, type BlockOperation } from '@blockstrata/db-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineSplices } from '../../src/replay/line-splices.js';

const header = { id: 'b', type: 'file', collectionId: 'b' };

function applied(before: string[], splices: BlockOperation[]): unknown {
  return applyTransform({ header, content: before }, { updates: splices })?.content;
}

describe('the splices between two texts', () => {
  it('turn the one into the other', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n');
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (before, after) => {
        expect(applied(before, lineSplices('content', before, after))).toEqual(after);
      }),
      { numRuns: 1_000 },
    );
  });

  it('touch only what changed', () => {
    const before = Array.from({ length: 1_000 }, (_, i) => `${i}\n`);
    const after = before.toSpliced(900, 1, 'x\n').toSpliced(100, 0, 'y\n', 'z\n');
    expect(lineSplices('content', before, after)).toEqual([
      ['content', 100, 0, ['y\n', 'z\n']],
      ['content', 902, 1, ['x\n']],
    ]);
    expect(lineSplices('content', before, before)).toEqual([]);
    expect(lineSplices('content', before, [])).toEqual([['content', 0, 1_000, []]]);
  });

  it('are found in bounded time in texts that have nothing in common, as one', () => {
    const before = Array.from({ length: 200_000 }, (_, i) => `old ${i}\n`);
    const after = ['same\n', ...Array.from({ length: 200_000 }, (_, i) => `new ${i}\n`)];
    const started = performance.now();
    const splices = lineSplices('content', ['same\n', ...before], after);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(splices).toEqual([['content', 1, before.length, after.slice(1)]]);
  });

  it('are one where many of them would copy a long array too often', () => {
    const before = Array.from({ length: 200_000 }, (_, i) => `${i}\n`);
    const after = before.map((line, i) => (i % 500 === 0 ? `changed ${line}` : line));
    const splices = lineSplices('content', before, after);
    expect(splices).toHaveLength(1);
    expect(applied(before, splices)).toEqual(after);
  });
});
