import type { RevisionRange } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { MemoryRawStorage } from '../../../src/storage/index.js';
import type { CheckedArchive } from '../../../src/storage/block/checked-archive.js';
import { joinRanges } from '../../../src/storage/block/join-ranges.js';
import { stepTo } from './chain.js';

/** Revisions, each with what it builds on. */
type Revisions = readonly (readonly [rev: number, base: number | undefined])[];

async function joined(held: Revisions, brought: Revisions, ranges: RevisionRange[], added: RevisionRange) {
  const storage = new MemoryRawStorage();
  for (const [rev, base] of held) {
    await storage.saveRevision('a', rev, base === undefined ? { trxId: `t${rev}` } : { trxId: `t${rev}`, base });
  }
  const [first, ...rest] = brought.map(([rev, base]) => ({ rev, base, trxId: `t${rev}`, transform: stepTo(rev, 1) }));
  if (first === undefined) throw new TypeError('it brings nothing');
  const archive: CheckedArchive = { blockId: 'a', revisions: [first, ...rest], range: added, floor: undefined };
  const result = await joinRanges(storage, archive, ranges, added);
  await storage.close();
  return result;
}

describe('ranges with a stretch more', () => {
  it.each<[string, Revisions, Revisions, RevisionRange[], RevisionRange, RevisionRange[]]>([
    ['stays within a larger one', [[1, 0]], [[3, 1]], [[1, 9]], [3, 5], [[1, 9]]],
    ['makes one longer that it overlaps', [[1, 0]], [[3, 1]], [[1, 5]], [3, 9], [[1, 9]]],
    ['opens one that it overlaps', [[1, 0]], [[3, 1]], [[1, 5]], [3], [[1]]],
    [
      'joins what it lies between',
      [
        [1, 0],
        [9, 6],
      ],
      [
        [3, 1],
        [6, 3],
      ],
      [[1, 2], [9]],
      [3, 7],
      [[1]],
    ],
    ['is joined by its first base to what lies below it', [[1, 0]], [[5, 1]], [[1, 3]], [5, 6], [[1, 6]]],
    ['is joined by its only revision to what lies above it', [[5, 3]], [[3, 1]], [[5]], [3, 4], [[3]]],
    [
      'is not joined where a revision lies between',
      [
        [1, 0],
        [2, 1],
      ],
      [[5, 1]],
      [[1, 3]],
      [5, 6],
      [
        [1, 3],
        [5, 6],
      ],
    ],
    [
      'is not joined where its base is not known',
      [[1, 0]],
      [[3, undefined]],
      [[1, 3]],
      [3, 4],
      [
        [1, 3],
        [3, 4],
      ],
    ],
    [
      'is not joined by the record of a revision that is not in the ranges',
      [
        [1, 0],
        [4, 1],
      ],
      [[6, 4]],
      [[1, 3]],
      [6, 7],
      [
        [1, 3],
        [6, 7],
      ],
    ],
    [
      'is not joined where the records below it are lost',
      [],
      [[5, 1]],
      [[1, 3]],
      [5, 6],
      [
        [1, 3],
        [5, 6],
      ],
    ],
  ])('%s', async (_what, held, brought, ranges, added, expected) => {
    expect(await joined(held, brought, ranges, added)).toEqual(expected);
  });
});
