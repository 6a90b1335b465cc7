import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

describe('the copies of a block that are kept', () => {
  it('are those of each checkpoint and of the tip, and their revisions and the head say so', async () => {
    const storage = new MemoryRawStorage();
    const repo = new StorageRepo(id => new BlockStorage(id, storage, undefined, { checkpointInterval: 3 }), {
      storage,
    });
    const header = { id: 'a', type: 't', collectionId: 'a' };
    for (let rev = 1; rev <= 8; rev++) {
      const transforms =
        rev === 1
          ? { inserts: { a: { header, list: [1] } } }
          : { updates: { a: [['list', 0, 0, [rev]] as [string, number, number, number[]]] } };
      await repo.pend({ trxId: `t${rev}`, transforms, rev, policy: 'c' });
      await repo.commit({ trxId: `t${rev}`, blockIds: ['a'], rev });
    }
    const copies: string[] = [];
    for await (const key of storage.scanKeys('block')) if (key.kind === 'block') copies.push(key.trxId);
    const checkpoints: number[] = [];
    for await (const { rev, checkpoint } of storage.listRevisions('a', 1, 8)) if (checkpoint) checkpoints.push(rev);
    expect(checkpoints).toEqual([4, 7]);
    expect(copies.sort()).toEqual(['t4', 't7', 't8']);
    expect((await storage.getMetadata('a'))?.checkpoint).toBeUndefined();
    expect((await storage.getMetadata('a'))?.sinceCheckpoint?.revisions).toBe(1);
    await storage.close();
  });
});
