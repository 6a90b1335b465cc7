import { describe, expect, it } from 'vitest';
import { exportArchive } from '../../../src/storage/index.js';
import { archiveOf, blockAfter, storeAt } from './chain.js';

describe('an archive that is exported', () => {
  it('holds every revision of a history, whatever pages it is read in', async () => {
    for (const count of [1, 31, 32, 33, 64]) {
      const revs = Array.from({ length: count }, (_, i) => 2 * i + 1);
      const { storage } = await storeAt(revs);
      const archive = await exportArchive(storage, 'a', undefined);
      expect(Object.keys(archive?.revisions ?? {}).map(Number)).toEqual(revs);
      expect(archive?.range).toEqual([1]);
      await storage.close();
    }
  });

  it('is none where the block, or the revision, is not held', async () => {
    const { storage, block, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, 3, 5], { above: 3 });
    await block.refresh();
    expect(await exportArchive(storage, 'never', undefined)).toBeUndefined();
    expect(await exportArchive(storage, 'a', 3)).toBeUndefined();
  });

  it('ends where its range does, and does not say of its floor what is not known of it', async () => {
    const { storage, block, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, 3, 5], { above: 3 });
    delete peer.archive.revisions[5]?.base;
    await block.refresh();
    expect((await exportArchive(storage, 'a', 1))?.range).toEqual([1, 2]);
    expect(await exportArchive(storage, 'a', 5)).toMatchObject({
      range: [5],
      revisions: { 5: { trx: { trxId: 't5' } } },
    });
    expect((await exportArchive(storage, 'a', 5))?.revisions[5]).not.toHaveProperty('base');
  });

  it('reaches as far down as it may, and then has a copy at its floor', async () => {
    const revs = [1, 3, 5, 7, 9];
    const { storage } = await storeAt(revs);
    for (const [options, held] of [
      [{ bytesMax: 1 }, [9]],
      [{ above: 5 }, [7, 9]],
      [{ above: 4 }, [5, 7, 9]],
      [{ above: 0 }, revs],
      [{ bytesMax: 1_000_000 }, revs],
    ] as const) {
      const archive = await exportArchive(storage, 'a', undefined, options);
      expect(Object.keys(archive?.revisions ?? {}).map(Number)).toEqual(held);
      expect(archive?.range).toEqual([held[0]]);
      const below = revs.filter(rev => rev <= held[0]);
      expect(archive?.revisions[held[0]]?.block).toEqual(held[0] === 1 ? undefined : blockAfter(...below));
    }
    const large = (await exportArchive(storage, 'a', undefined, { bytesMax: 500 }))?.revisions ?? {};
    expect(Object.keys(large)).toEqual(['7', '9']);
  });

  it('ends where the next revision is, or where the block begins, whatever lies between', async () => {
    const { storage } = await storeAt([3, 5, 9]);
    const rangeTo = async (rev: number) => (await exportArchive(storage, 'a', rev))?.range;
    expect(await Promise.all([1, 3, 4, 5, 8, 9, 10].map(rangeTo))).toEqual([
      [3, 5],
      [3, 5],
      [3, 5],
      [3, 9],
      [3, 9],
      [3],
      [3],
    ]);
  });

  it('takes half of what an archive may take, unless it is told otherwise', async () => {
    const revs = Array.from({ length: 60 }, (_, i) => i + 1);
    const { storage } = await storeAt(revs, {
      limits: { idBytesMax: 16, blockBytesMax: 4_000, archiveBytesMax: 12_000 },
    });
    const floorOf = async (bytesMax?: number) =>
      (await exportArchive(storage, 'a', undefined, bytesMax === undefined ? {} : { bytesMax }))?.range[0] ?? 0;
    expect(await floorOf()).toBe(await floorOf(6_000));
    expect(await floorOf()).toBeGreaterThan(await floorOf(12_000));
    expect(await floorOf()).toBeLessThan(await floorOf(4_000));
  });

  it('has a copy of nothing but its floor', async () => {
    const { storage } = await storeAt([1, 3, 5]);
    const archive = await exportArchive(storage, 'a', undefined, { above: 1 });
    expect(Object.entries(archive?.revisions ?? {}).map(([rev, each]) => [rev, 'block' in each])).toEqual([
      ['3', true],
      ['5', false],
    ]);
  });
});
