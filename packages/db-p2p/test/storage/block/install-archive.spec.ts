import { InvalidArchiveError, RestoreFailedError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, type BlockArchive } from '../../../src/storage/index.js';
import { archiveOf, blockAfter, stepTo, storeAt } from './chain.js';

/** Revision 7 of block `a`, with base and copy as they are given. */
function seventh(base: number | undefined, trxId = 't7'): BlockArchive {
  const trx = { trxId, transform: stepTo(7, 5) };
  const revision = base === undefined ? { trx } : { trx, base };
  return { blockId: 'a', range: [7], revisions: { 7: { ...revision, block: blockAfter(1, 5, 7) } } };
}

describe('an archive that is installed', () => {
  it('moves the tip over what it does not hold itself, which is then known to be missing', async () => {
    const { storage, block, repo, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, 2, 5], { above: 2 });
    await block.refresh();
    expect(await block.getBlock()).toEqual({ block: blockAfter(1, 2, 5), rev: 5 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 2], [5]]);
    peer.archive = archiveOf([1, 2], { above: 1, end: 5 });
    expect(await block.getBlock(3)).toEqual({ block: blockAfter(1, 2), rev: 2 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('moves the tip no further than it may, and closes what it brings there', async () => {
    const { storage, block, repo, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 3, 5, 7], { above: 3, end: 6 });
    delete peer.archive.revisions[7];
    await block.refresh();
    peer.archive = archiveOf([1, 3, 5, 7]);
    expect((await block.getBlock(3))?.block).toEqual(blockAfter(1, 3));
    expect(await block.getLatest()).toEqual({ trxId: 't5', rev: 5 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('may leave out what its first revision builds on, and is then not joined to what is held below it', async () => {
    const { storage, block, repo, peer } = await storeAt([1, 5]);
    peer.archive = seventh(undefined);
    await block.refresh();
    expect(await block.getLatest()).toEqual({ trxId: 't7', rev: 7 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 6], [7]]);
    peer.archive = archiveOf([1, 5, 7], { bases: false });
    await block.ensureRevision(6);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('may end at the largest revision that there is', async () => {
    const newest = Number.MAX_SAFE_INTEGER;
    const { block, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, newest]);
    await block.refresh();
    expect(await block.getBlock()).toEqual({ block: blockAfter(1, newest), rev: newest });
  });

  it.each<[string, BlockArchive]>([
    ['a revision that is known not to exist', archiveOf([1, 3], { end: 4 })],
    ['a base that is known not to exist', { ...seventh(3), range: [7] }],
    ['a base that is known not to be the last', seventh(1)],
    ['a transaction at another revision than that of its commit', seventh(5, 't1')],
    ['another newest revision than the one whose record is lost here', archiveOf([1, 5, 9].with(1, 5))],
  ])('is refused whole where it names %s (INV-4, INV-11)', async (what, archive) => {
    const { storage, block, peer } = await storeAt([1, 5]);
    if (what.includes('lost')) {
      await storage.batch().deleteRevision('a', 5).write();
      archive.revisions[5] = { trx: { trxId: 'other', transform: stepTo(5, 1) }, base: 1 };
    }
    const before = storage.logSeq;
    peer.archive = archive;
    const refused: unknown = await block.refresh().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RestoreFailedError);
    expect((refused as Error).cause).toBeInstanceOf(InvalidArchiveError);
    expect(storage.logSeq).toBe(before);
    expect(await block.getLatest()).toEqual({ trxId: 't5', rev: 5 });
  });

  it('is refused where the block would come apart into too many ranges (INV-12)', async () => {
    const { storage, block, peer } = await storeAt([1], { limits: { blockRangesMax: 2 } });
    for (const [newest, base] of [
      [5, 3],
      [9, 7],
    ] as const) {
      peer.archive = archiveOf([1, base, newest], { above: base });
      const refreshed = block.refresh();
      if (newest === 5) await refreshed;
      else await expect(refreshed).rejects.toThrow('3 ranges');
    }
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 2], [5]]);
  });

  it('is refused where it takes up far more than an archive may, once it is stored (INV-12)', async () => {
    const limits = { idBytesMax: 16, blockBytesMax: 200, archiveBytesMax: 200 };
    const { block, peer } = await storeAt([], { limits });
    peer.archive = archiveOf([1, 2, 3, 4, 5, 6]);
    await expect(block.refresh()).rejects.toThrow('bytes');
    expect(await block.getLatest()).toBeUndefined();
  });

  it.each([
    ['builds on what is known not to exist', { base: 2, range: [4, 5] }, 'known not to exist'],
    ['leaves out what the revision above it builds on', { base: 1, range: [3, 5] }, 'it has none there'],
  ])('is refused where it %s, in a gap (INV-11)', async (_what, { base, range: [rev = 0, end = 0] }, problem) => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 4, 5], { above: 4 });
    await block.refresh();
    peer.archive = archiveOf([1], { end: 3 });
    await block.ensureRevision(2);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 3], [5]]);
    const revision = { trx: { trxId: `t${rev}`, transform: stepTo(rev, base) }, base, block: blockAfter(1, rev) };
    peer.archive = { blockId: 'a', range: [rev, end], revisions: { [rev]: revision } };
    await expect(block.ensureRevision(4)).rejects.toThrow(problem);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 3], [5]]);
  });

  it('keeps a copy at its floor, at each interval, and at its tip', async () => {
    const { storage, repo, peer } = await storeAt([]);
    const block = new BlockStorage('a', storage, async () => peer.archive, { checkpointInterval: 3 });
    const revs = Array.from({ length: 12 }, (_, i) => i + 1);
    peer.archive = archiveOf(revs, { above: 2 });
    await block.refresh();
    const copies = new Set<string>();
    for await (const key of storage.scanKeys('block')) if (key.kind === 'block') copies.add(key.trxId);
    const checkpoints: number[] = [];
    for await (const { rev, checkpoint } of storage.listRevisions('a', 1, 12)) if (checkpoint) checkpoints.push(rev);
    expect(checkpoints).toEqual([3, 6, 9, 12]);
    expect([...copies].sort()).toEqual(['t12', 't3', 't6', 't9']);
    expect(await storage.getMetadata('a')).toMatchObject({ checkpoint: true, sinceCheckpoint: { revisions: 0 } });
    expect((await repo.verify()).violations).toEqual([]);
  });
});
