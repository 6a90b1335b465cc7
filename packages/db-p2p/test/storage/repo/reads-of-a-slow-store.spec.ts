import { StorageIoError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, RawStorage, StorageRepo, type RecordKey } from '../../../src/storage/index.js';
import { trxKey } from '../../../src/storage/driver/record-key.js';
import { SlowDriver } from '../kernel/slow-driver.js';

const header = (id: string) => ({ id, type: 't', collectionId: 'c' });

/** Fails to read the next time, and then no more. */
class FailingDriver extends SlowDriver {
  nextReadFails = false;

  override async getMany(keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
    if (this.nextReadFails) {
      this.nextReadFails = false;
      throw new StorageIoError('read', {});
    }
    return super.getMany(keys);
  }
}

/** A repository over a driver that takes its time, with block `a` at revision 1, block `gone` deleted, and no cache. */
async function slowRepo() {
  const driver = new FailingDriver();
  const storage = new RawStorage(driver, { cacheBytesMax: 0 });
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  const inserts = { a: { header: header('a'), text: 'one' }, gone: { header: header('gone') } };
  await repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'c' });
  await repo.commit({ trxId: 't1', blockIds: ['a', 'gone'], rev: 1 });
  await repo.pend({ trxId: 't2', transforms: { deletes: ['gone'] }, rev: 2, policy: 'c' });
  await repo.commit({ trxId: 't2', blockIds: ['gone'], rev: 2 });
  return { driver, storage, repo };
}

describe('a read of tips from a store that takes its time', () => {
  it('finds blocks, deleted ones, and none', async () => {
    const { repo, storage } = await slowRepo();
    expect(await repo.get({ blockIds: ['a', 'gone'] })).toEqual({
      a: { block: { header: header('a'), text: 'one' }, rev: 1, state: { latest: { trxId: 't1', rev: 1 } } },
      gone: { rev: 2, state: { latest: { trxId: 't2', rev: 2 } } },
    });
    expect(await repo.get({ blockIds: ['a', 'never'] })).toMatchObject({ a: { rev: 1 }, never: { state: {} } });
    await storage.close();
  });

  it('is served of all but the block whose copy is damaged, or lost (INV-6)', async () => {
    for (const value of [new Uint8Array([1, 2, 3]), undefined]) {
      const { driver, repo, storage } = await slowRepo();
      await driver.memory.write([{ key: trxKey('block', 'a', 't1'), value }]);
      expect(await repo.get({ blockIds: ['a', 'gone'] })).toEqual({
        a: { state: { latest: { trxId: 't1', rev: 1 } }, unavailable: 'unmaterializable' },
        gone: { rev: 2, state: { latest: { trxId: 't2', rev: 2 } } },
      });
      expect(await repo.get({ blockIds: ['a'] })).toMatchObject({ a: { unavailable: 'unmaterializable' } });
      await storage.close();
    }
  });

  it('ends with the error of the engine, and does not ask it again (INV-6)', async () => {
    const { driver, repo, storage } = await slowRepo();
    driver.nextReadFails = true;
    await expect(repo.get({ blockIds: ['a'] })).rejects.toThrow(StorageIoError);
    expect(await repo.get({ blockIds: ['a'] })).toMatchObject({ a: { rev: 1 } });
    await storage.close();
  });

  it('is served so as well where the heads are at hand, and the copies are not (INV-6)', async () => {
    const { driver, storage: before } = await slowRepo();
    await before.close();
    const storage = new RawStorage(driver);
    const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
    await storage.getMetadataMany(['a', 'gone']);
    await driver.memory.write([{ key: trxKey('block', 'a', 't1'), value: new Uint8Array([1, 2, 3]) }]);
    expect(await repo.get({ blockIds: ['a', 'gone'] })).toMatchObject({
      a: { unavailable: 'unmaterializable' },
      gone: { rev: 2 },
    });
    await storage.close();
  });
});
