import { InvalidRequestError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage } from '../../../src/storage/index.js';

const header = { id: 'a', type: 't', collectionId: 'a' };
const insert = { insert: { header, list: [1] } };

describe('a BlockStorage used by itself', () => {
  it('keeps a transaction pending, and moves it to committed once', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    await block.savePendingTransaction('t', { transform: insert, time: 1 });
    expect(await block.getPendingTransaction('t')).toEqual(insert);
    await block.promotePendingTransaction('t', 1);
    expect(await block.getPendingTransaction('t')).toBeUndefined();
    expect(await block.getTransaction('t')).toEqual(insert);
    await expect(block.promotePendingTransaction('t', 1)).rejects.toThrow(InvalidRequestError);
    await block.savePendingTransaction('u', { transform: insert, time: 1 });
    await block.deletePendingTransaction('u');
    expect(await block.getPendingTransaction('u')).toBeUndefined();
  });

  it('moves its newest revision forwards, to the same again, and never back (INV-4)', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    await block.setLatest({ trxId: 't3', rev: 3 });
    await block.setLatest({ trxId: 't3', rev: 3 });
    await block.setLatest({ trxId: 't4', rev: 4 });
    await expect(block.setLatest({ trxId: 't3', rev: 3 })).rejects.toThrow(InvalidRequestError);
    expect(await block.getLatest()).toEqual({ trxId: 't4', rev: 4 });
    expect((await block.storage.getMetadata('a'))?.ranges).toEqual([[3]]);
  });

  it('materializes its tip and its revisions, and nothing before the first', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    expect(await block.getBlock()).toBeUndefined();
    expect(await block.getBlock(1)).toBeUndefined();
    await block.savePendingTransaction('t3', { transform: insert, time: 1 });
    await block.promotePendingTransaction('t3', 3);
    await block.saveRevision(3, { trxId: 't3', base: 0 });
    await block.saveMaterializedBlock('t3', insert.insert);
    await block.setLatest({ trxId: 't3', rev: 3 });
    expect((await block.getBlock())?.block).toEqual(insert.insert);
    expect((await block.getBlock(3))?.block).toEqual(insert.insert);
    expect(await block.getBlock(2)).toBeUndefined();
    await block.saveMaterializedBlock('t3', undefined);
    expect(await block.storage.getMaterializedBlock('a', 't3')).toBeUndefined();
  });
});
