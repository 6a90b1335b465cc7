import type { RepoOptions } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, RawStorage, StorageRepo } from '../../../src/storage/index.js';
import { SlowDriver } from '../kernel/slow-driver.js';

const block = (id: string) => ({ header: { id, type: 't', collectionId: 'c' } });

/** A repository over a driver that takes its time, with `held` pending on block `a`. */
async function repoWithPending() {
  const driver = new SlowDriver();
  const storage = new RawStorage(driver);
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  await repo.pend({ trxId: 'held', transforms: { inserts: { a: block('a') } }, policy: 'c' });
  return { driver, storage, repo };
}

type Call = (repo: StorageRepo, options?: RepoOptions) => Promise<unknown>;

const CALLS: readonly (readonly [name: string, call: Call])[] = [
  [
    'pend',
    (repo, options) => repo.pend({ trxId: 't', transforms: { inserts: { a: block('a') } }, policy: 'c' }, options),
  ],
  ['commit', (repo, options) => repo.commit({ trxId: 'held', blockIds: ['a'], rev: 1 }, options)],
  ['cancel', (repo, options) => repo.cancel({ trxId: 'held', blockIds: ['a'] }, options)],
];

/** Once everything that can go on has gone on. */
const standstill = () => new Promise<'waits'>(resolve => setImmediate(resolve, 'waits'));

describe('a call that writes', () => {
  it.each(CALLS)('is answered when its write is through, and not before (INV-1): %s', async (_name, call) => {
    const { driver, storage, repo } = await repoWithPending();
    driver.writes.shut();
    const answered = call(repo).then(() => 'answered');
    expect(await Promise.race([driver.writes.reached().then(() => 'writes'), answered])).toBe('writes');
    expect(await Promise.race([answered, standstill()])).toBe('waits');
    driver.writes.release();
    expect(await answered).toBe('answered');
    await storage.close();
  });

  it.each(CALLS)('is taken back by an abort while it waits behind another write (INV-8): %s', async (_name, call) => {
    const { driver, storage, repo } = await repoWithPending();
    driver.writes.shut();
    const before = storage.saveRevision('other', 1, { trxId: 'other' });
    await driver.writes.reached();
    const caller = new AbortController();
    const called = expect(call(repo, { signal: caller.signal })).rejects.toThrow('the caller has gone');
    await standstill();
    caller.abort(new RangeError('the caller has gone'));
    await called;
    driver.writes.release();
    await before;
    expect(await repo.get({ blockIds: ['a'] })).toEqual({ a: { state: { pendings: ['held'] } } });
    await storage.close();
  });

  it('writes nothing where it cancels nothing', async () => {
    const { driver, storage, repo } = await repoWithPending();
    await repo.commit({ trxId: 'held', blockIds: ['a'], rev: 1 });
    driver.writes.shut();
    const cancelled = repo.cancel({ trxId: 'held', blockIds: ['a', 'never'] }).then(() => 'cancelled');
    expect(await Promise.race([driver.writes.reached().then(() => 'writes'), cancelled])).toBe('cancelled');
    driver.writes.release();
    await storage.close();
  });
});
