import { RestoreFailedError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import {
  BlockStorage,
  MemoryRawStorage,
  StorageRepo,
  exportArchive,
  type RestoreCallback,
} from '../../../src/storage/index.js';
import { archiveOf, storeAt } from '../block/chain.js';

const header = { id: 'a', type: 't', collectionId: 'a' };
const inserts = { a: { header, list: [1] } };
const updates = { a: [['list', 1, 0, [2]] as [string, number, number, number[]]] };

async function insertAt1(repo: StorageRepo): Promise<void> {
  await repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'c' });
  expect(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1 })).toEqual({ success: true });
}

/** A repository where `t2` is pending on a block of which the base, revision 1, is not held. */
async function repoWithoutBase(restore?: RestoreCallback): Promise<StorageRepo> {
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(id => new BlockStorage(id, storage, restore), { storage });
  expect(await repo.pend({ trxId: 't2', transforms: { updates }, rev: 2, bases: { a: 1 }, policy: 'c' })).toMatchObject(
    {
      success: true,
    },
  );
  return repo;
}

const commit = (repo: StorageRepo, signal?: AbortSignal) =>
  repo.commit({ trxId: 't2', blockIds: ['a'], rev: 2 }, signal === undefined ? {} : { signal });

describe('a commit whose base is not held', () => {
  it('fails and leaves the transaction pending, where nobody can be asked, nobody has it, or asking fails', async () => {
    const failing: RestoreCallback = () => Promise.reject(new RangeError('no route'));
    for (const restore of [undefined, async () => undefined, failing]) {
      const repo = await repoWithoutBase(restore);
      expect(await commit(repo)).toMatchObject({ success: false, code: 'missing-base' });
      expect((await repo.get({ blockIds: ['a'] })).a?.state).toEqual({ pendings: ['t2'] });
      await repo.storage.close();
    }
  });

  it('lands where the base is fetched, and where the caller gives a signal as well', async () => {
    const peer = new MemoryRawStorage();
    await insertAt1(new StorageRepo(id => new BlockStorage(id, peer), { storage: peer }));
    for (const signal of [undefined, new AbortController().signal]) {
      const repo = await repoWithoutBase((blockId, rev) => exportArchive(peer, blockId, rev));
      expect(await commit(repo, signal)).toEqual({ success: true });
      expect((await repo.get({ blockIds: ['a'] })).a?.block?.list).toEqual([1, 2]);
      await repo.storage.close();
    }
  });

  it('moves a tip that lies behind forward to the base', async () => {
    const { repo, peer } = await storeAt([1]);
    await repo.pend({
      trxId: 'next',
      transforms: { updates: { a: [['list', 2, 0, [9]]] } },
      bases: { a: 2 },
      policy: 'c',
    });
    peer.archive = archiveOf([1, 2]);
    expect(await repo.commit({ trxId: 'next', blockIds: ['a'], rev: 9 })).toEqual({ success: true });
    expect(peer.asked).toEqual([2]);
    expect((await repo.get({ blockIds: ['a'] })).a?.block?.list).toEqual([2, 1, 9]);
  });

  it('lands where the base came by another way while it was asked for in vain', async () => {
    const repo: StorageRepo = await repoWithoutBase(async blockId => {
      await insertAt1(repo);
      throw new RestoreFailedError(blockId, 1, 'nobody has it');
    });
    expect(await commit(repo)).toEqual({ success: true });
    expect((await repo.get({ blockIds: ['a'] })).a?.block?.list).toEqual([1, 2]);
    await repo.storage.close();
  });

  it('ends with the reason of its signal where that ends the asking, not with a refusal', async () => {
    const caller = new AbortController();
    const repo = await repoWithoutBase(async () => {
      caller.abort(new RangeError('the caller has gone'));
      return undefined;
    });
    await expect(commit(repo, caller.signal)).rejects.toThrow('the caller has gone');
    await repo.storage.close();
  });
});
