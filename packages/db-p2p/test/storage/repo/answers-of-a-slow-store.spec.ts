import { BlockstrataError, type Transforms } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import {
  BlockStorage,
  MemoryRawStorage,
  RawStorage,
  StorageRepo,
  type IRawStorage,
} from '../../../src/storage/index.js';
import { SlowDriver } from '../kernel/slow-driver.js';

const block = (id: string) => ({ header: { id, type: 't', collectionId: 'c' }, list: [1] });
const splice = (...blockIds: string[]): Transforms => ({
  updates: Object.fromEntries(blockIds.map(id => [id, [['list', 0, 0, [2]]]])),
});
const inserts = { a: block('a'), b: block('b') };

/** Calls of every kind, each with what it comes to. */
const CALLS: readonly (readonly [
  expected: object | string | undefined,
  call: (repo: StorageRepo) => Promise<unknown>,
])[] = [
  [{ success: true }, repo => repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'f' })],
  [
    { success: true, pending: [], blockIds: ['a', 'b'] },
    repo => repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'f' }),
  ],
  [{ code: 'trx-reused' }, repo => repo.pend({ trxId: 't1', transforms: splice('a'), policy: 'c' })],
  [{ success: true }, repo => repo.commit({ trxId: 't1', blockIds: ['a', 'b'], rev: 1 })],
  [{ success: true }, repo => repo.commit({ trxId: 't1', blockIds: ['a', 'b'], rev: 1 })],
  [
    { success: true, pending: [], blockIds: ['a', 'b'] },
    repo => repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'f' }),
  ],
  [{ code: 'trx-reused' }, repo => repo.pend({ trxId: 't1', transforms: splice('a'), policy: 'c' })],
  [{ code: 'stale', missing: [{ trxId: 't1' }] }, repo => repo.commit({ trxId: 't1', blockIds: ['a'], rev: 2 })],
  [{ success: true }, repo => repo.pend({ trxId: 't2', transforms: splice('a'), rev: 2, policy: 'c' })],
  [
    { code: 'pending', pending: [{ blockId: 'a', trxId: 't2', transform: { updates: [['list', 0, 0, [2]]] } }] },
    repo => repo.pend({ trxId: 't3', transforms: splice('a', 'b'), policy: 'r' }),
  ],
  [{ success: true }, repo => repo.pend({ trxId: 't3', transforms: splice('a', 'b'), policy: 'c' })],
  [
    'invalid-request',
    repo => repo.pend({ trxId: 't4', transforms: { updates: { a: [['list', 5, 0, []]] } }, policy: 'c' }),
  ],
  [
    { a: { rev: 1, block: { list: [2, 1] }, state: { pendings: ['t2', 't3'] } } },
    repo => repo.get({ blockIds: ['a'], context: { trxId: 't3' } }),
  ],
  [
    { a: { rev: 5, block: { list: [2, 1] }, state: { latest: { trxId: 't2', rev: 5 }, pendings: ['t3'] } } },
    repo => repo.get({ blockIds: ['a'], context: { committed: [{ trxId: 't2', rev: 5 }] } }),
  ],
  [undefined, repo => repo.cancel({ trxId: 't3', blockIds: ['a', 'b'] })],
  [{ b: { rev: 1, state: { latest: { rev: 1 } } } }, repo => repo.get({ blockIds: ['b'] })],
  [{ success: true }, repo => repo.commit({ trxId: 't2', blockIds: ['a'], rev: 2 })],
  [
    { code: 'stale', missing: [{ trxId: 't2', transforms: splice('a') }] },
    repo => repo.pend({ trxId: 't5', transforms: splice('a'), rev: 2, policy: 'c' }),
  ],
  [{ code: 'missing-pend' }, repo => repo.commit({ trxId: 't9', blockIds: ['a'], rev: 9 })],
  [{ a: { rev: 1, block: { list: [1] } } }, repo => repo.get({ blockIds: ['a'], context: { rev: 1 } })],
  [{ violations: [], blocks: 2, revisions: 3 }, repo => repo.verify()],
];

async function answersOf(storage: IRawStorage): Promise<unknown[]> {
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  const answers: unknown[] = [];
  for (const [expected, call] of CALLS) {
    const answer = await call(repo).catch((error: unknown) => (error instanceof BlockstrataError ? error.code : error));
    if (typeof expected === 'object') expect(answer).toMatchObject(expected);
    else expect(answer).toBe(expected);
    answers.push(answer);
  }
  await storage.close();
  return answers;
}

describe('a repository over a store that takes its time', () => {
  it('answers as over one in memory', async () => {
    const inMemory = await answersOf(new MemoryRawStorage());
    expect(await answersOf(new RawStorage(new SlowDriver(), { cacheBytesMax: 0 }))).toEqual(inMemory);
  });
});
