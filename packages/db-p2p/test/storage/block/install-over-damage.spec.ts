import { describe, expect, it } from 'vitest';
import { BlockStorage, StorageRepo, type BlockArchive } from '../../../src/storage/index.js';
import { archiveOf, blockAfter, stepTo, storeAt } from './chain.js';

/** Revision 5 as another transaction. */
const other: BlockArchive = {
  blockId: 'a',
  range: [1],
  revisions: { ...archiveOf([1, 5]).revisions, 5: { trx: { trxId: 'other', transform: stepTo(5, 1) }, base: 1 } },
};

describe('what is damaged here, when an archive brings it', () => {
  it('is written anew, and only that; the tip keeps its copy', async () => {
    const { storage, block, repo, peer } = await storeAt([1, 2]);
    await storage.batch().deleteTransaction('a', 't2').write();
    peer.archive = archiveOf([1, 2]);
    await block.ensureRevision(2, { refetch: true });
    expect(await block.getBlock()).toEqual({ block: blockAfter(1, 2), rev: 2 });
    expect(await storage.getTransaction('a', 't2')).toMatchObject({ rev: 2 });
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('loses a copy that nothing refers to any more, and gets one where one is due', async () => {
    for (const checkpointInterval of [1, 9]) {
      const { storage, peer } = await storeAt([1, 2, 3]);
      const block = new BlockStorage('a', storage, async () => peer.archive, { checkpointInterval });
      await storage.batch().deleteTransaction('a', 't2').saveMaterializedBlock('a', 't2', blockAfter(9)).write();
      peer.archive = archiveOf([1, 2, 3]);
      await block.ensureRevision(2, { refetch: true });
      const copy = await storage.getMaterializedBlock('a', 't2');
      expect(copy).toEqual(checkpointInterval === 1 ? blockAfter(1, 2) : undefined);
      expect((await block.getBlock(2))?.block).toEqual(blockAfter(1, 2));
      expect((await new StorageRepo(() => block, { storage }).verify()).violations).toEqual([]);
    }
  });

  it('is written anew where a repair took it out of the ranges, though its records are there', async () => {
    const { storage, block, repo, peer } = await storeAt([1, 3, 5]);
    const head = await storage.getMetadata('a');
    await storage
      .batch()
      .saveRevision('a', 3, { trxId: 't3', base: 1, checkpoint: true })
      .saveMetadata('a', { ...head, ranges: [[5]] })
      .write();
    peer.archive = archiveOf([1, 3, 5]);
    expect((await block.getBlock(3))?.block).toEqual(blockAfter(1, 3));
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('does not lose a base that the archive does not tell', async () => {
    const { storage, block, repo, peer } = await storeAt([1, 5]);
    peer.archive = archiveOf([1, 5, 7], { above: 1 });
    delete peer.archive.revisions[5]?.base;
    await block.refresh();
    expect(await storage.getRevision('a', 5)).toEqual({ trxId: 't5', base: 1 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it.each([
    ['its revision 5 is not the one that is held here', other],
    ['it has a revision 5, which is known not to exist', archiveOf([1, 5])],
    ['its revision 7 builds on 5, which is known not to exist', archiveOf([1, 5, 7], { above: 5 })],
  ])('is refused where it is the newest revision, as long as no repair has said so: %s', async (problem, archive) => {
    const { storage, block, peer } = await storeAt([1, 5]);
    await storage.batch().deleteRevision('a', 5).write();
    peer.archive = archive;
    await expect(block.refresh()).rejects.toThrow(problem);
  });

  it('comes back where a repair has said so, and only as it was (INV-4)', async () => {
    for (const archive of [archiveOf([1, 5]), other]) {
      const { storage, block, repo, peer } = await storeAt([1, 5]);
      const head = await storage.getMetadata('a');
      await storage.batch().deleteRevision('a', 5).deleteTransaction('a', 't5').write();
      await storage.saveMetadata('a', { ...head, ranges: [[1, 2]] });
      peer.archive = archive;
      if (archive === other) {
        await expect(block.refresh()).rejects.toThrow('its revision 5 is not the one that is held here');
        continue;
      }
      await block.refresh();
      expect(await block.getBlock()).toEqual({ block: blockAfter(1, 5), rev: 5 });
      expect((await repo.verify()).violations).toEqual([]);
    }
  });

  it('is not taken to be there because an archive goes beyond it', async () => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 5, 9], { above: 5 });
    await block.refresh();
    await storage.batch().deleteRevision('a', 9).write();
    peer.archive = archiveOf([1, 3, 12], { end: 20 });
    await block.ensureRevision(3);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 4], [9]]);
    expect(await block.getLatest()).toEqual({ trxId: 't9', rev: 9 });
  });
});
