import { describe, expect, it } from 'vitest';
import type { CommitResult, PendResult, Transforms } from '@blockstrata/db-core';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const header = (id: string) => ({ id, type: 't', collectionId: 'c' });
const insert = (id = 'a'): Transforms => ({ inserts: { [id]: { header: header(id), list: [] } } });
const append = (n: number, id = 'a'): Transforms => ({ updates: { [id]: [['list', 0, 0, [n]]] } });

function emptyRepo(limits: { blockBytesMax?: number } = {}): StorageRepo {
  const storage = new MemoryRawStorage({ limits });
  return new StorageRepo(id => new BlockStorage(id, storage), { storage });
}

/** Transaction `t{rev}`. */
async function transact(repo: StorageRepo, rev: number, transforms: Transforms, ...blockIds: string[]): Promise<void> {
  await repo.pend({ trxId: `t${rev}`, transforms, rev, policy: 'c' });
  expect(await repo.commit({ trxId: `t${rev}`, blockIds, rev })).toEqual({ success: true });
}

/** A repository whose block `a` is at revision 5, by one transaction a revision; `atThree` is called before the fourth. */
async function repoAtFive(atThree?: (repo: StorageRepo) => Promise<unknown>): Promise<StorageRepo> {
  const repo = emptyRepo();
  for (let rev = 1; rev <= 5; rev++) {
    if (rev === 4) await atThree?.(repo);
    await transact(repo, rev, rev === 1 ? insert() : append(rev), 'a');
  }
  return repo;
}

function staleness(result: PendResult | CommitResult) {
  if (result.success || result.code !== 'stale') expect.unreachable('it is not stale');
  return { reason: result.reason, missing: result.missing?.map(({ trxId }) => trxId), staleAt: result.staleAt };
}

const AT_FIVE = { blockId: 'a', rev: 5 };

describe('a pend that is stale is told what its writer has not seen, oldest first, and why', () => {
  const IS_AT_5 = 'block "a" is at revision 5';
  it.each([
    ['by the revision that it asks for', { transforms: append(9), rev: 3 }, ['t3', 't4', 't5'], IS_AT_5],
    ['by the tip that it asks for', { transforms: append(9), rev: 5 }, ['t5'], IS_AT_5],
    [
      'by the base that it names',
      { transforms: append(9), rev: 9, bases: { a: 2 } },
      ['t3', 't4', 't5'],
      'block "a" has moved from revision 2 to 5',
    ],
    ['by the earlier of the two', { transforms: append(9), rev: 5, bases: { a: 3 } }, ['t4', 't5'], IS_AT_5],
    ['the newest at least, where it names neither', { transforms: insert() }, ['t5'], 'block "a" exists'],
    [
      'the newest at least, where it asks for a later one',
      { transforms: insert(), rev: 9 },
      ['t5'],
      'block "a" exists',
    ],
    [
      'the newest at least, where it names a later base',
      { transforms: insert(), bases: { a: 8 } },
      ['t5'],
      'block "a" exists',
    ],
  ])('%s', async (_how, request, missing, reason) => {
    const repo = await repoAtFive();
    const refused = await repo.pend({ trxId: 'late', policy: 'c', ...request });
    expect(staleness(refused)).toEqual({ reason, missing, staleAt: AT_FIVE });
  });

  it('of all blocks together, each transaction once with what it did to each', async () => {
    const repo = emptyRepo();
    await transact(repo, 1, { inserts: { ...insert('a').inserts, ...insert('b').inserts } }, 'a', 'b');
    await transact(repo, 2, append(2, 'a'), 'a');
    await transact(repo, 3, append(3, 'b'), 'b');
    await transact(repo, 4, { updates: { ...append(4, 'a').updates, ...append(4, 'b').updates } }, 'a', 'b');
    const updates = { ...append(9, 'a').updates, ...append(9, 'b').updates };
    const refused = await repo.pend({ trxId: 'late', transforms: { updates }, bases: { a: 1, b: 1 }, policy: 'c' });
    expect(refused).toEqual({
      success: false,
      code: 'stale',
      reason: 'block "a" has moved from revision 1 to 4',
      staleAt: { blockId: 'a', rev: 4 },
      missing: [
        { trxId: 't2', rev: 2, transforms: append(2, 'a') },
        { trxId: 't3', rev: 3, transforms: append(3, 'b') },
        { trxId: 't4', rev: 4, transforms: { updates: { ...append(4, 'a').updates, ...append(4, 'b').updates } } },
      ],
    });
  });
});

describe('a commit that is stale is told what its writer has not seen, oldest first, and why', () => {
  const atThree = (bases?: Record<string, number>) => (repo: StorageRepo) =>
    repo.pend({ trxId: 'late', transforms: append(9), policy: 'c', ...(bases === undefined ? {} : { bases }) });

  it.each([
    [
      'that has another revision',
      undefined,
      { trxId: 't3', rev: 9 },
      ['t3', 't4', 't5'],
      'has that transaction at revision 3',
    ],
    ['that never was, behind the tip', undefined, { trxId: 'late', rev: 4 }, ['t4', 't5'], 'is at revision 5'],
    ['that never was, at the tip', undefined, { trxId: 'late', rev: 5 }, ['t5'], 'is at revision 5'],
    ['that is pending, behind the tip', atThree(), { trxId: 'late', rev: 4 }, ['t4', 't5'], 'is at revision 5'],
    ['that is pending, at the tip', atThree(), { trxId: 'late', rev: 5 }, ['t5'], 'is at revision 5'],
    ['with a base', atThree({ a: 3 }), { trxId: 'late', rev: 9 }, ['t4', 't5'], 'has moved from revision 3 to 5'],
  ])('of a transaction %s', async (_what, before, request, missing, reason) => {
    const repo = await repoAtFive(before);
    const refused = await repo.commit({ ...request, blockIds: ['a'] });
    expect(staleness(refused)).toEqual({ reason: `block "a" ${reason}`, missing, staleAt: AT_FIVE });
  });

  it.each([
    ['from the revision on that it was pended for', 3, ['t3', 't4']],
    ['the newest at least, where it was pended for none', undefined, ['t4']],
  ])('of a transaction that no longer applies: %s', async (_from, rev, missing) => {
    const repo = emptyRepo();
    await transact(repo, 1, insert(), 'a');
    await transact(repo, 2, append(2), 'a');
    const transforms: Transforms = { updates: { a: [['list', 0, 1, []]] } };
    await repo.pend({ trxId: 'late', transforms, policy: 'c', ...(rev === undefined ? {} : { rev }) });
    await transact(repo, 3, transforms, 'a');
    await transact(repo, 4, { updates: { a: [['n', -1, 0, 4]] } }, 'a');
    const { reason, ...rest } = staleness(await repo.commit({ trxId: 'late', blockIds: ['a'], rev: 9 }));
    expect(reason).toMatch(/^on block "a" the transaction no longer applies: ./);
    expect(rest).toEqual({ missing, staleAt: { blockId: 'a', rev: 4 } });
  });

  it('of a transaction that would make its block too large now, and not of one that just does not', async () => {
    const grow = (name: string, length: number): Transforms => ({
      updates: { a: [[name, -1, 0, 'x'.repeat(length)]] },
    });
    for (const [length, fits] of [
      [6_000, true],
      [9_000, false],
    ] as const) {
      const repo = emptyRepo({ blockBytesMax: 10_000 });
      await transact(repo, 1, insert(), 'a');
      await repo.pend({ trxId: 'late', transforms: grow('late', length), rev: 2, policy: 'c' });
      await transact(repo, 2, grow('first', 5_000), 'a');
      const committed = await repo.commit({ trxId: 'late', blockIds: ['a'], rev: 3 });
      if (fits) expect(committed).toEqual({ success: true });
      else
        expect(staleness(committed)).toEqual({
          reason: 'on block "a" the transaction would make it larger than 10000 bytes',
          missing: ['t2'],
          staleAt: { blockId: 'a', rev: 2 },
        });
    }
  });
});
