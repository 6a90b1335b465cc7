import { InvalidRequestError, type BlockOperation, type Limits, type RepoFailure } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const block = (id: string, text = '') => ({ header: { id, type: 't', collectionId: 'c' }, text });
const setText = (text: string): BlockOperation[] => [['text', -1, 0, text]];

/** A repository where blocks `a` and `b` were written together at revisions 1 to 4. */
async function repoAtFour(limits: Partial<Limits>): Promise<StorageRepo> {
  const storage = new MemoryRawStorage({ limits });
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  for (let rev = 1; rev <= 4; rev++) {
    const updates = { a: setText(`${rev}`), b: setText(`${rev}`) };
    const transforms = rev === 1 ? { inserts: { a: block('a'), b: block('b') } } : { updates };
    await repo.pend({ trxId: `t${rev}`, transforms, rev, policy: 'c' });
    await repo.commit({ trxId: `t${rev}`, blockIds: ['a', 'b'], rev });
  }
  return repo;
}

async function refused(repo: StorageRepo, request: Parameters<StorageRepo['pend']>[0]): Promise<RepoFailure> {
  const result = await repo.pend(request);
  if (result.success) expect.unreachable('it was not refused');
  return result;
}

describe('a refusal of a repository with bounds', () => {
  it.each([
    [2, 1, ['t2', 't3'], true],
    [3, 1, ['t2', 't3', 't4'], undefined],
    [2, 2, ['t3', 't4'], undefined],
  ])(
    'lists at most %i missing transactions behind revision %i, and says where it lists fewer (INV-12)',
    async (missingTrxsMax, base, trxIds, truncated) => {
      const repo = await repoAtFour({ missingTrxsMax });
      const updates = { a: setText('late'), b: setText('late') };
      const failure = await refused(repo, {
        trxId: 'late',
        transforms: { updates },
        bases: { a: base, b: base },
        policy: 'c',
      });
      expect(failure).toMatchObject({ code: 'stale', staleAt: { blockId: 'a', rev: 4 } });
      expect(failure.missing?.map(({ trxId }) => trxId)).toEqual(trxIds);
      for (const { transforms } of failure.missing ?? [])
        expect(Object.keys(transforms.updates ?? {})).toEqual(['a', 'b']);
      expect(failure.truncated).toBe(truncated);
    },
  );

  it('lists at most so many pendings, and says where it lists fewer (INV-12)', async () => {
    const repo = await repoAtFour({ listedPendingsMax: 1 });
    const pend = (trxId: string, policy: 'c' | 'f' | 'r') => ({
      trxId,
      transforms: { updates: { a: setText(trxId) } },
      policy,
    });
    await repo.pend(pend('p1', 'c'));
    expect(await refused(repo, pend('late', 'f'))).not.toHaveProperty('truncated');
    await repo.pend(pend('p2', 'c'));
    for (const policy of ['f', 'r'] as const) {
      const failure = await refused(repo, pend('late', policy));
      expect(failure).toMatchObject({ code: 'pending', truncated: true });
      expect(failure.pending).toHaveLength(1);
      expect(failure.pending?.[0]).toMatchObject({ blockId: 'a', trxId: 'p1' });
    }
  });

  it('takes no transaction whose records are too large together, and each part of it by itself (INV-12)', async () => {
    const repo = await repoAtFour({ blockBytesMax: 10_000, callBytesMax: 15_000 });
    const [a, b] = [setText('x'.repeat(9_000)), setText('y'.repeat(9_000))];
    const whole = repo.pend({ trxId: 'whole', transforms: { updates: { a, b } }, policy: 'c' });
    await expect(whole).rejects.toThrow(InvalidRequestError);
    await expect(whole).rejects.toThrow('split the transaction');
    expect((await repo.get({ blockIds: ['a'] })).a?.state.pendings).toBeUndefined();
    for (const [trxId, updates] of [
      ['part a', { a }],
      ['part b', { b }],
    ] as const) {
      expect((await repo.pend({ trxId, transforms: { updates }, policy: 'c' })).success).toBe(true);
    }
  });
});
