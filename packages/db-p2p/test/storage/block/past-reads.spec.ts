import { CorruptRecordError, type Transforms } from '@blockstrata/db-core';
import { expect, it } from 'vitest';
import { BlockStorage, MemoryDriver, RawStorage, StorageRepo, type ScanRange } from '../../../src/storage/index.js';

class CountingDriver extends MemoryDriver {
  scans = 0;

  override scan(range: ScanRange) {
    this.scans++;
    return super.scan(range);
  }
}

/** A block `a` with these revisions, each of which leaves its number. */
async function storeWith(revs: readonly number[]) {
  const driver = new CountingDriver();
  const storage = new RawStorage(driver);
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  for (const [i, rev] of revs.entries()) {
    const header = { id: 'a', type: 'test', collectionId: 'test' };
    const transforms: Transforms =
      i === 0 ? { inserts: { a: { header, number: rev } } } : { updates: { a: [['number', -1, 0, rev]] } };
    await repo.pend({ trxId: `t${rev}`, rev, policy: 'f', transforms });
    await repo.commit({ trxId: `t${rev}`, blockIds: ['a'], rev });
  }
  driver.scans = 0;
  const numberAt = async (rev: number) => (await repo.get({ blockIds: ['a'], context: { rev } })).a?.block?.number;
  return { driver, storage, numberAt };
}

const SPARSE = [1, 10, 20, 30, 40, 50, 60, 1_000_000];

it('a revision is found by its number and its links, without a scan', async () => {
  const { driver, numberAt } = await storeWith(Array.from({ length: 100 }, (_, i) => i + 1));
  for (let rev = 1; rev <= 100; rev++) expect(await numberAt(rev)).toBe(rev);
  expect(driver.scans).toBe(0);
});

it('a number that no revision has is found by the newest links, however far apart they lie', async () => {
  const { driver, numberAt } = await storeWith(SPARSE);
  for (const [rev, number] of [
    [999_999, 60],
    [61, 60],
    [59, 50],
    [45, 40],
    [31, 30],
  ] as const)
    expect(await numberAt(rev)).toBe(number);
  expect(driver.scans).toBe(0);
});

it('below the newest links one scan finds it', async () => {
  const { driver, numberAt } = await storeWith(SPARSE);
  for (const [rev, number] of [
    [29, 20],
    [19, 10],
    [2, 1],
  ] as const) {
    driver.scans = 0;
    expect(await numberAt(rev)).toBe(number);
    expect(driver.scans).toBe(1);
  }
});

it('a revision that a link names and that is gone is damage, and no older content (INV-6)', async () => {
  const { storage } = await storeWith(SPARSE);
  await storage.batch().deleteRevision('a', 60).write();
  await expect(new BlockStorage('a', storage).getBlock(500)).rejects.toThrow(CorruptRecordError);
});
