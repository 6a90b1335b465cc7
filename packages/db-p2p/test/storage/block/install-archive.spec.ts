import { InvalidArchiveError, RestoreFailedError, toRange } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import type { BlockArchive } from '../../../src/storage/index.js';
import { archiveOf, blockAfter, stepTo, storeAt } from './chain.js';

/** Revision 7 of block `a`, with base and copy as they are given. */
function seventh(base: number | undefined, trxId = 't7'): BlockArchive {
  const trx = { trxId, transform: stepTo(7, 5) };
  const revision = base === undefined ? { trx } : { trx, base };
  return { blockId: 'a', range: [7], revisions: { 7: { ...revision, block: blockAfter(1, 5, 7) } } };
}

/** The same archive, but for the transaction of one revision. */
function withOther(rev: number, archive: BlockArchive): BlockArchive {
  const revision = archive.revisions[rev];
  return revision === undefined
    ? archive
    : {
        ...archive,
        revisions: { ...archive.revisions, [rev]: { ...revision, trx: { ...revision.trx, trxId: 'other' } } },
      };
}

/** Revision 5 of block `a`, on another base. */
function fifthOver(base: number): BlockArchive {
  const trx = { trxId: 't5', transform: stepTo(5, 1) };
  return { blockId: 'a', range: [5], revisions: { 5: { trx, base, block: blockAfter(1, 5) } } };
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
    const before = await storage.getMetadata('a');
    peer.archive = archiveOf([1, 3, 5, 7]);
    expect((await block.getBlock(3))?.block).toEqual(blockAfter(1, 3));
    expect(await storage.getMetadata('a')).toEqual({ ...before, ranges: [[1]] });
    expect(before).toMatchObject({ latest: { trxId: 't5', rev: 5 }, checkpoint: true });
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('may leave out what its first revision builds on, and is then not joined to what is held below it', async () => {
    const { storage, block, repo, peer } = await storeAt([1, 5]);
    peer.archive = seventh(undefined);
    await block.refresh();
    expect(await block.getLatest()).toEqual({ trxId: 't7', rev: 7 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 6], [7]]);
    expect(await storage.getRevision('a', 7)).not.toHaveProperty('base');
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
    await block.refresh();
    expect(peer.asked).toHaveLength(2);
  });

  it.each<[string, BlockArchive]>([
    ['it has a revision 3, which is known not to exist', archiveOf([1, 3], { end: 4 })],
    ['its revision 7 builds on 3, and 5 is held here', seventh(3)],
    ['its revision 7 builds on 1, and 5 is held here', seventh(1)],
    ['it commits transaction "t1" at another revision', seventh(5, 't1')],
    ['it lacks revision 5, which is held here', archiveOf([1], { end: 6 })],
    ['it lacks revision 5, which is held here', archiveOf([1, 7])],
    ['its revision 1 is not the one that is held here', withOther(1, archiveOf([1, 5]))],
    ['its revision 5 is not the one that is held here', withOther(5, archiveOf([1, 5]))],
    ['its revision 5 is not the one that is held here', fifthOver(3)],
  ])('is refused whole where it contradicts revisions 1 and 5: %s (INV-4, INV-11)', async (problem, archive) => {
    const { storage, block, peer } = await storeAt([1, 5]);
    const before = storage.logSeq;
    peer.archive = archive;
    const refused: unknown = await block.refresh().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RestoreFailedError);
    expect((refused as Error).cause).toBeInstanceOf(InvalidArchiveError);
    expect((refused as Error).message).toContain(problem);
    expect(storage.logSeq).toBe(before);
    expect(await block.getLatest()).toEqual({ trxId: 't5', rev: 5 });
  });

  it('is refused where it leaves out the revision right below its first (INV-4)', async () => {
    const { block, peer } = await storeAt([1, 6]);
    peer.archive = seventh(1);
    await expect(block.refresh()).rejects.toThrow('builds on 1, and 6 is held here');
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
    [
      'builds on what is known not to exist',
      4,
      { rev: 4, base: 2, end: 5 },
      'builds on 2, which is known not to exist',
    ],
    [
      'leaves out what the revision above it builds on',
      4,
      { rev: 3, base: 1, end: 5 },
      'builds on 4: it has none there',
    ],
    [
      'goes beyond what the revision above it builds on',
      3,
      { rev: 4, base: 1, end: 5 },
      'builds on 3: it has none there',
    ],
    [
      'goes beyond it, and says not where it ends',
      3,
      { rev: 4, base: 1, end: undefined },
      'builds on 3: it has none there',
    ],
  ])('is refused where it %s, in a gap (INV-11)', async (_what, above, { rev, base, end }, problem) => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, above, 5], { above });
    await block.refresh();
    peer.archive = archiveOf([1], { end: 3 });
    await block.ensureRevision(2);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 3], [5]]);
    const revision = { trx: { trxId: `t${rev}`, transform: stepTo(rev, base) }, base, block: blockAfter(1, rev) };
    peer.archive = { blockId: 'a', range: toRange(rev, end), revisions: { [rev]: revision } };
    await expect(block.ensureRevision(4)).rejects.toThrow(problem);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 3], [5]]);
  });

  it('may end where what the revision above it builds on is still missing', async () => {
    const { storage, block, repo, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 3, 5, 9], { above: 5 });
    await block.refresh();
    peer.archive = archiveOf([1, 3], { end: 5 });
    await block.ensureRevision(4);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 5], [9]]);
    peer.archive = archiveOf([1, 3, 5], { above: 3, end: 9 });
    await block.ensureRevision(8);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('makes known what lies up to its newest revision where it says not where it ends, and no more', async () => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 5, 9], { above: 5 });
    await block.refresh();
    peer.archive = archiveOf([1, 3]);
    await block.ensureRevision(3);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 4], [9]]);
  });

  it('is written only where it brings something: a revision, or that there is none', async () => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 5, 9], { above: 5 });
    await block.refresh();
    for (const [end, isNew] of [
      [3, true],
      [3, false],
      [4, true],
      [3, false],
    ] as const) {
      const before = storage.logSeq;
      peer.archive = archiveOf([1], { end });
      await block.ensureRevision(2, { refetch: true });
      expect(storage.logSeq - before).toBe(isNew ? 1 : 0);
    }
    const before = storage.logSeq;
    peer.archive = archiveOf([1, 5, 9], { above: 5 });
    await block.refresh();
    expect(storage.logSeq).toBe(before);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 4], [9]]);
  });
});
