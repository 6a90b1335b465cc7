import { StorageIoError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import {
  BlockStorage,
  MemoryDriver,
  metaKey,
  RawStorage,
  StorageRepo,
  type RecordKey,
} from '../../../src/storage/index.js';
import { trxKey } from '../../../src/storage/driver/record-key.js';
import { SlowDriver } from '../kernel/slow-driver.js';
import { FaultyDriver, FaultyStorage, memoryFaults } from '../../conformance/faulty-driver.js';
import { blockAfter, storeAt } from '../block/chain.js';

const damage = memoryFaults.damage?.bind(memoryFaults);

/** Fails to read once, after so many reads. */
class FailsOnce extends FaultyDriver {
  reads = 0;
  failsAt = Number.POSITIVE_INFINITY;

  override get(key: RecordKey) {
    this.#count();
    return super.get(key);
  }

  override getMany(keys: readonly RecordKey[]) {
    this.#count();
    return super.getMany(keys);
  }

  #count(): void {
    this.readsFail = ++this.reads === this.failsAt;
  }

  failsAfter(reads: number): void {
    this.reads = 0;
    this.failsAt = reads + 1;
  }
}

const sibling = { header: { id: 'b', type: 't', collectionId: 'a' }, list: [] };
const lost = { header: { id: 'c', type: 't', collectionId: 'a' }, list: [] };

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
    'ends with the error of the engine at once, and not with a block that is unavailable: %s (INV-6)',
    async (_what, context) => {
      const driver = new FailsOnce();
      const { storage, repoOn } = await faultyRepo(driver);
      for (const reads of [0, 1]) {
        driver.failsAfter(reads);
        await expect(repoOn(storage).get({ blockIds: ['a'], ...context })).rejects.toThrow(StorageIoError);
        expect(driver.reads).toBe(reads + 1);
      }
    },
  );

  it('ends so as well where it fails while the damaged head is looked for (INV-6)', async () => {
    const driver = new FailsOnce();
    const { storage, repoOn } = await faultyRepo(driver);
    const damaged = await damage?.(storage, metaKey('a'));
    if (damaged === undefined) expect.unreachable();
    const repo = repoOn(damaged);
    expect((await repo.get({ blockIds: ['a'], context: { rev: 1 } })).a?.unavailable).toBe('unmaterializable');
    driver.failsAfter(1);
    await expect(repo.get({ blockIds: ['a'], context: { rev: 1 } })).rejects.toThrow(StorageIoError);
  });
});

describe('a commit on an engine that fails', () => {
  it('ends with the error of the engine, be it while the base is looked for, and not with a refusal (INV-6)', async () => {
    const driver = new FailsOnce();
    const { storage, repoOn } = await faultyRepo(driver);
    const repo = repoOn(storage);
    const commit = { trxId: 't3', blockIds: ['a'], rev: 3 };
    const updates = { a: [['list', 0, 0, [3]] as [string, number, number, number[]]] };
    await repo.pend({ trxId: 't3', transforms: { updates }, rev: 3, bases: { a: 2 }, policy: 'c' });
    driver.failsAfter(Number.POSITIVE_INFINITY);
    expect(await repo.commit(commit)).toMatchObject({ code: 'missing-base' });
    const { reads } = driver;
    expect(reads).toBeGreaterThan(4);
    for (let before = 0; before < reads; before++) {
      driver.failsAfter(before);
      await expect(repo.commit(commit), `read ${before}`).rejects.toThrow(StorageIoError);
      expect(driver.reads).toBe(before + 1);
    }
  });
});

describe('a read of several blocks of which one is damaged', () => {
  it.each([
    ['that takes its time', () => new SlowDriver()],
    ['in memory', () => new MemoryDriver()],
  ])('serves its siblings, from a store %s (INV-6)', async (_what, makeDriver) => {
    const driver = makeDriver();
    const storage = new RawStorage(driver, { cacheBytesMax: 0 });
    const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
    const inserts = { a: blockAfter(1), b: sibling, c: lost };
    await repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'c' });
    await repo.commit({ trxId: 't1', blockIds: ['a', 'b', 'c'], rev: 1 });
    await repo.pend({ trxId: 'p', transforms: { updates: { c: [['list', 0, 0, [2]]] } }, policy: 'c' });
    const memory = driver instanceof SlowDriver ? driver.memory : driver;
    await memory.write([
      { key: metaKey('a'), value: Uint8Array.of(1, 2, 3) },
      { key: trxKey('pend', 'c', 'p'), value: undefined },
    ]);
    for (const context of [{}, { rev: 1 }]) {
      expect(await repo.get({ blockIds: ['a', 'b', 'never'], context })).toEqual({
        a: { state: {}, unavailable: 'unmaterializable' },
        b: { block: sibling, rev: 1, state: { latest: { trxId: 't1', rev: 1 } } },
        never: { state: {} },
      });
    }
    expect(await repo.get({ blockIds: ['c', 'b'], context: { trxId: 'p' } })).toMatchObject({
      c: { unavailable: 'unmaterializable', state: { pendings: ['p'] } },
      b: { block: sibling },
    });
  });
});

describe('a commit on a block of which something is lost', () => {
  it('is told what it missed, be it that the transform of that is lost', async () => {
    const { repo, storage } = await storeAt([1, 2]);
    await storage.batch().deleteTransaction('a', 't2').write();
    expect(await repo.commit({ trxId: 'late', blockIds: ['a'], rev: 2 })).toMatchObject({
      code: 'stale',
      missing: [{ trxId: 't2', rev: 2, transforms: {} }],
    });
  });

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
