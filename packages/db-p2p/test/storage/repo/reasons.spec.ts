import { RestoreFailedError, type RepoFailure, type Transforms } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const header = (id: string) => ({ id, type: 't', collectionId: 'c' });
const insert = (id: string, n = 0): Transforms => ({ inserts: { [id]: { header: header(id), n } } });
const update: Transforms = { updates: { b: [['n', -1, 0, 1]] } };
const both: Transforms = { inserts: { ...insert('a').inserts, ...insert('c').inserts } };

type Failing = (repo: StorageRepo) => Promise<{ success: true } | RepoFailure>;

const REASONS: readonly (readonly [code: string, reason: string, call: Failing])[] = [
  [
    'expired',
    'the request expired before it could be made pending',
    repo => repo.pend({ trxId: 'x', transforms: insert('x'), policy: 'c' }, { expiration: 1 }),
  ],
  [
    'expired',
    'the request expired before it could be committed',
    repo => repo.commit({ trxId: 'held', blockIds: ['a'], rev: 1 }, { expiration: 1 }),
  ],
  [
    'trx-reused',
    'transaction "held" is held with another transform of block "a"',
    repo => repo.pend({ trxId: 'held', transforms: insert('a', 1), policy: 'c' }),
  ],
  [
    'trx-reused',
    'transaction "held" is held on some of these blocks only: it was another request',
    repo => repo.pend({ trxId: 'held', transforms: both, policy: 'c' }),
  ],
  [
    'pending',
    'transaction "held" is pending on block "a"',
    repo => repo.pend({ trxId: 'x', transforms: insert('a'), policy: 'f' }),
  ],
  [
    'missing-pend',
    'transaction "held" is not pending on block "c"',
    repo => repo.commit({ trxId: 'held', blockIds: ['a', 'c', 'd'], rev: 1 }),
  ],
  [
    'missing-base',
    'block "b" is not held at revision 7, which the transaction builds on',
    repo => repo.commit({ trxId: 'lacking', blockIds: ['b'], rev: 9 }),
  ],
];

describe('a refusal says why, for people', () => {
  it.each(REASONS)('%s: %s', async (code, reason, call) => {
    const storage = new MemoryRawStorage();
    const restore = (blockId: string) => Promise.reject(new RestoreFailedError(blockId, 7, 'nobody has it'));
    const repo = new StorageRepo(id => new BlockStorage(id, storage, restore), { storage });
    await repo.pend({ trxId: 'held', transforms: insert('a'), policy: 'c' });
    await repo.pend({ trxId: 'lacking', transforms: update, bases: { b: 7 }, policy: 'c' });
    expect(await call(repo)).toMatchObject({ success: false, code, reason });
  });
});
