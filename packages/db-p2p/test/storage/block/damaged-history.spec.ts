import { CorruptRecordError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { exportArchive, type RawBatch } from '../../../src/storage/index.js';
import { archiveOf, blockAfter, storeAt } from './chain.js';

const misfit = { updates: [['list', 9, 0, [1]] as [string, number, number, number[]]] };

describe('a revision of which something is lost', () => {
  it.each<[string, number | undefined, (batch: RawBatch) => RawBatch]>([
    ['the copy at revision 4 is gone', undefined, batch => batch.deleteMaterializedBlock('a', 't4')],
    ['it holds no revision at or below 1', 1, batch => batch.deleteRevision('a', 1)],
    [
      'it holds no revision at or below 1',
      1,
      batch => batch.deleteRevision('a', 1).saveRevision('a', 2, { trxId: 't2', base: 0 }),
    ],
    ['no kept copy lies below revision 2', 2, batch => batch.deleteRevision('a', 1)],
    ['no kept copy lies below revision 2', 3, batch => batch.deleteRevision('a', 1)],
    ['revision 2, the base of 3, is gone', 3, batch => batch.deleteRevision('a', 2)],
    ['the transaction of revision 2 is gone', 3, batch => batch.deleteTransaction('a', 't2')],
    ['its transform does not apply', 3, batch => batch.saveTransaction('a', 't2', { transform: misfit, rev: 2 })],
  ])('is told as damage: %s (INV-4, INV-6)', async (problem, rev, lose) => {
    const { storage, block } = await storeAt([1, 2, 3, 4]);
    await lose(storage.batch()).write();
    const read = block.getBlock(rev);
    await expect(read).rejects.toThrow(CorruptRecordError);
    await expect(read).rejects.toThrow(problem);
  });

  it('is told as damage where it is the copy that a restored range starts with (INV-6)', async () => {
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 5, 6, 7], { above: 1 });
    await block.refresh();
    expect((await block.getBlock(6))?.block).toEqual(blockAfter(1, 5, 6));
    await storage.deleteMaterializedBlock('a', 't5');
    await expect(block.getBlock(6)).rejects.toThrow('the copy at revision 5 is gone');
  });

  it('is not exported, nor what cannot be had without it (INV-6)', async () => {
    const { storage } = await storeAt([1, 2, 3, 4]);
    await storage.batch().deleteTransaction('a', 't2').write();
    await expect(exportArchive(storage, 'a', undefined)).rejects.toThrow(CorruptRecordError);
    expect(await exportArchive(storage, 'a', 2)).toBeUndefined();
    await storage.batch().deleteRevision('a', 4).write();
    expect((await exportArchive(storage, 'a', 1))?.range).toEqual([1, 2]);
    await storage.batch().deleteRevision('a', 2).deleteRevision('a', 3).write();
    expect((await exportArchive(storage, 'a', 1))?.range).toEqual([1, 2]);
  });
});
