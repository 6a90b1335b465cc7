import { StorageIoError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, metaKey, StorageRepo, type RecordKey } from '../../../src/storage/index.js';
import { FaultyDriver, FaultyStorage, memoryFaults } from '../../conformance/faulty-driver.js';
import { blockAfter, storeAt } from '../block/chain.js';

const damage = memoryFaults.damage?.bind(memoryFaults);

/** Fails to read from the second time on. */
class FailsAfterOneRead extends FaultyDriver {
  isWatched = false;

  override getMany(keys: readonly RecordKey[]) {
    const values = super.getMany(keys);
    this.readsFail ||= this.isWatched;
    return values;
  }
}

async function faultyRepo(driver: FaultyDriver) {
  const storage = new FaultyStorage(driver, { cacheBytesMax: 0 });
  const repoOn = (each: FaultyStorage) => new StorageRepo(id => new BlockStorage(id, each), { storage: each });
  await repoOn(storage).pend({ trxId: 't1', transforms: { inserts: { a: blockAfter(1) } }, rev: 1, policy: 'c' });
  await repoOn(storage).commit({ trxId: 't1', blockIds: ['a'], rev: 1 });
  return { storage, repoOn };
}

describe('a read of an engine that fails', () => {
  it.each([
    ['of a tip', {}],
    ['of a revision', { context: { rev: 1 } }],
  ])(
    'ends with the error of the engine, and not with a block that is unavailable: %s (INV-6)',
    async (_what, context) => {
      const driver = new FaultyDriver();
      const { storage, repoOn } = await faultyRepo(driver);
      driver.readsFail = true;
      await expect(repoOn(storage).get({ blockIds: ['a'], ...context })).rejects.toThrow(StorageIoError);
    },
  );

  it('ends so as well where it fails while the damaged head is looked for (INV-6)', async () => {
    const driver = new FailsAfterOneRead();
    const { storage, repoOn } = await faultyRepo(driver);
    const damaged = await damage?.(storage, metaKey('a'));
    if (damaged === undefined) expect.unreachable();
    const repo = repoOn(damaged);
    expect((await repo.get({ blockIds: ['a', 'b'], context: { rev: 1 } })).a?.unavailable).toBe('unmaterializable');
    driver.isWatched = true;
    await expect(repo.get({ blockIds: ['a'], context: { rev: 1 } })).rejects.toThrow(StorageIoError);
  });
});

describe('a commit on a block of which something is lost', () => {
  it('is told that the transaction is not pending, where its record is gone', async () => {
    const { repo, storage } = await storeAt([1]);
    const updates = { a: [['list', 0, 0, [2]] as [string, number, number, number[]]] };
    await repo.pend({ trxId: 't2', transforms: { updates }, rev: 2, policy: 'c' });
    await storage.deletePendingTransaction('a', 't2');
    expect(await repo.commit({ trxId: 't2', blockIds: ['a'], rev: 2 })).toMatchObject({ code: 'missing-pend' });
    // Its place in the head is still taken, and whoever comes is told by whom.
    const late = { trxId: 't3', transforms: { updates }, rev: 3, policy: 'r' } as const;
    expect(await repo.pend(late)).toMatchObject({ code: 'pending', pending: [{ blockId: 'a', trxId: 't2' }] });
    const again = { trxId: 't2', transforms: { updates }, rev: 2, policy: 'f' } as const;
    expect(await repo.pend(again)).toMatchObject({ code: 'pending', pending: [{ blockId: 'a', trxId: 't2' }] });
  });

  it('is told that the transaction has another revision, where the head is gone, and one pends anew (INV-4)', async () => {
    const { repo, storage } = await storeAt([1]);
    await storage.batch().deleteMetadata('a').write();
    const moved = { trxId: 't1', blockIds: ['a'], rev: 2 };
    expect(await repo.commit(moved)).toEqual(expect.objectContaining({ code: 'stale', missing: [] }));
    await repo.pend({ trxId: 't2', transforms: { inserts: { a: blockAfter(2) } }, rev: 2, policy: 'c' });
    const refused = await repo.commit(moved);
    expect(refused).toMatchObject({ code: 'stale', missing: [] });
    expect(refused).not.toHaveProperty('staleAt');
  });
});
