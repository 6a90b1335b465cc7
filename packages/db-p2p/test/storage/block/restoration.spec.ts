import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo, type BlockArchive } from '../../../src/storage/index.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

/** Revisions 1 and 2 of block `a`, as a peer has them. */
const archive: BlockArchive = {
  blockId: 'a',
  range: [1],
  revisions: {
    1: { trx: { trxId: 't1', rev: 1, transform: { insert: { header, list: [1] } } }, base: 0 },
    2: { trx: { trxId: 't2', rev: 2, transform: { updates: [['list', 1, 0, [2]]] } }, base: 1 },
  },
};

describe('an archive that brings a transaction which is pending here', () => {
  it('lets those go on who wait for it to end (INV-5)', async () => {
    const storage = new MemoryRawStorage();
    const repo = new StorageRepo(id => new BlockStorage(id, storage, async () => archive), { storage });
    const inserts = { a: { header, list: [1] } };
    await repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'c' });
    const waiting = repo.pend({
      trxId: 't3',
      transforms: { updates: { a: [['list', 0, 1, []]] } },
      rev: 3,
      policy: 'w',
    });
    await repo.refresh(['a']);
    expect((await waiting).success).toBe(true);
    expect((await repo.get({ blockIds: ['a'] }))['a']?.state).toEqual({
      latest: { trxId: 't2', rev: 2 },
      pendings: ['t3'],
    });
    expect((await repo.verify()).violations).toEqual([]);
    await storage.close();
  }, 10_000);
});
