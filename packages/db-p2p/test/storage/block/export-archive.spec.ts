import { describe, expect, it } from 'vitest';
import { exportArchive } from '../../../src/storage/index.js';
import { archiveOf, storeAt } from './chain.js';

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
});
