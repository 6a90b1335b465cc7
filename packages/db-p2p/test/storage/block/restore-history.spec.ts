import { describe, expect, it } from 'vitest';
import { isHeldWhole } from '../../../src/storage/block/restore-history.js';
import { archiveOf, storeAt } from './chain.js';

describe('a block', () => {
  it('is held whole as far as its tip, from its first revision on', async () => {
    const { storage } = await storeAt([1, 3]);
    for (const [rev, isWhole] of [
      [1, true],
      [3, true],
      [4, false],
    ] as const) {
      expect(await isHeldWhole(storage, 'a', rev)).toBe(isWhole);
    }
    expect(await isHeldWhole(storage, 'never', 1)).toBe(false);
    await storage.saveMetadata('headless', { ranges: [[1]] });
    expect(await isHeldWhole(storage, 'headless', 0)).toBe(false);
  });

  it('is not held whole while a part of its history is missing, and is once that has come', async () => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 3, 5], { above: 3 });
    await block.refresh();
    expect(await isHeldWhole(storage, 'a', 5)).toBe(false);
    peer.archive = archiveOf([1], { end: 3 });
    await block.ensureRevision(2);
    expect((await storage.getMetadata('a'))?.ranges).toHaveLength(2);
    expect(await isHeldWhole(storage, 'a', 5)).toBe(false);
    peer.archive = archiveOf([1, 3], { end: 5 });
    await block.ensureHistory();
    expect(await isHeldWhole(storage, 'a', 5)).toBe(true);
  });
});
