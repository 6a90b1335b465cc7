import { describe, expect, it } from 'vitest';
import type { Transforms } from '@blockstrata/db-core';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const header = { id: 'a', type: 't', collectionId: 'a' };
const insert: Transforms = { inserts: { a: { header, list: [] } } };
const append = (n: number): Transforms => ({ updates: { a: [['list', 0, 0, [n]]] } });

/** A repository whose block `a` is at revision 5, by one transaction a revision. */
async function repoAtFive(): Promise<StorageRepo> {
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  for (let rev = 1; rev <= 5; rev++) {
    await repo.pend({ trxId: `t${rev}`, transforms: rev === 1 ? insert : append(rev), rev, policy: 'c' });
    await repo.commit({ trxId: `t${rev}`, blockIds: ['a'], rev });
  }
  return repo;
}

describe('a pend that is stale is told what its writer has not seen', () => {
  it.each([
    ['by the revision that it asks for', { transforms: append(9), rev: 3 }, ['t3', 't4', 't5']],
    ['by the base that it names', { transforms: append(9), rev: 9, bases: { a: 2 } }, ['t3', 't4', 't5']],
    ['by the earlier of the two', { transforms: append(9), rev: 5, bases: { a: 3 } }, ['t4', 't5']],
    ['the newest at least, where it names neither', { transforms: insert }, ['t5']],
    ['the newest at least, where it asks for a later one', { transforms: insert, rev: 9 }, ['t5']],
  ])('%s', async (_how, request, expected) => {
    const repo = await repoAtFive();
    const result = await repo.pend({ trxId: 'late', policy: 'c', ...request });
    expect(result).toMatchObject({ success: false, code: 'stale' });
    const missing = 'missing' in result ? (result.missing ?? []) : [];
    expect(missing.map(({ trxId }) => trxId).sort()).toEqual(expected);
  });
});
