import { describe, expect, it } from 'vitest';
import {
  BlockStorage,
  MemoryRawStorage,
  metaKey,
  StorageRepo,
  type BlockArchive,
  type IRawStorage,
  type RestoreCallback,
  type StorageRepoOptions,
} from '../../../src/storage/index.js';
import { FaultyDriver, FaultyStorage, memoryFaults } from '../../conformance/faulty-driver.js';
import { archiveOf, blockAfter } from '../block/chain.js';

/** A repository, and the revisions for which its callback was asked. */
function repoOver(storage: IRawStorage, restore?: RestoreCallback, options: StorageRepoOptions = {}) {
  const asked: (number | undefined)[] = [];
  const callback: RestoreCallback | undefined =
    restore && ((id, rev, more) => (asked.push(rev), restore(id, rev, more)));
  return { asked, repo: new StorageRepo(id => new BlockStorage(id, storage, callback), { ...options, storage }) };
}

const has = (archive: BlockArchive) => async () => archive;
const fails: RestoreCallback = () => Promise.reject(new RangeError('no route'));
const at1 = { blockIds: ['a'], context: { rev: 1 } };
const tip = { blockIds: ['a'] };

/** A store that holds revisions 2 and 3 of block `a`, and not the first one. */
async function storeWithoutFirst(storage: IRawStorage = new MemoryRawStorage()): Promise<IRawStorage> {
  await repoOver(storage, has(archiveOf([1, 2, 3], { above: 1 }))).repo.refresh(['a']);
  return storage;
}

describe('a read of a block that was never seen here', () => {
  it('asks for it only where the repository is told to: for the newest, or for what the read pins', async () => {
    for (const gets of [tip, at1]) {
      const silent = repoOver(new MemoryRawStorage(), has(archiveOf([1, 2])));
      expect(await silent.repo.get(gets)).toEqual({ a: { state: {} } });
      expect(silent.asked).toEqual([]);
      const asking = repoOver(new MemoryRawStorage(), has(archiveOf([1, 2])), { restoreUnknown: true });
      expect(await asking.repo.getHeld(gets)).toEqual({ a: { state: {} } });
      expect(asking.asked).toEqual([]);
      const revs = gets === tip ? [1, 2] : [1];
      expect((await asking.repo.get(gets)).a?.block).toEqual(blockAfter(...revs));
      expect(asking.asked).toEqual([gets === tip ? undefined : 1]);
    }
  });

  it('tells that it is not known, where nobody can be asked', async () => {
    const { repo } = repoOver(new MemoryRawStorage(), undefined, { restoreUnknown: true });
    expect(await repo.get(tip)).toEqual({ a: { state: {} } });
    expect(await repo.get(at1)).toEqual({ a: { state: {} } });
  });

  it('does not ask for one whose head is damaged, but says that it cannot be read (INV-6)', async () => {
    const sound = new FaultyStorage(new FaultyDriver(), { cacheBytesMax: 0 });
    await storeWithoutFirst(sound);
    const damaged = await memoryFaults.damage?.(sound, metaKey('a'));
    if (damaged === undefined) expect.unreachable();
    const { repo, asked } = repoOver(damaged, has(archiveOf([1, 2, 3])), { restoreUnknown: true });
    for (const gets of [tip, at1])
      expect(await repo.get(gets)).toEqual({ a: { state: {}, unavailable: 'unmaterializable' } });
    expect(asked).toEqual([]);
  });
});

describe('a read of a revision that is not held', () => {
  const state = { latest: { trxId: 't3', rev: 3 } };

  it('says whether somebody was asked in vain, or nobody could be', async () => {
    const storage = await storeWithoutFirst();
    expect(await repoOver(storage).repo.get(at1)).toEqual({ a: { state, unavailable: 'unmaterializable' } });
    expect(await repoOver(storage, fails).repo.get(at1)).toEqual({ a: { state, unavailable: 'restore-failed' } });
  });

  it('asks nobody where it may not', async () => {
    const { repo, asked } = repoOver(await storeWithoutFirst(), has(archiveOf([1, 2, 3])));
    expect(await repo.getHeld(at1)).toEqual({ a: { state, unavailable: 'restore-failed' } });
    expect(asked).toEqual([]);
    expect((await repo.get(at1)).a).toEqual({ block: blockAfter(1), rev: 1, state });
    expect(asked).toEqual([1]);
  });

  it.each([
    ['of a revision', at1, false],
    ['of the tip', tip, true],
  ])('ends with the reason of its signal, and calls the asking off: %s', async (_what, gets, restoreUnknown) => {
    const caller = new AbortController();
    let calledOff = false;
    const never: RestoreCallback = (_id, _rev, options) => {
      queueMicrotask(() => caller.abort(new RangeError('the caller has gone')));
      return new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          calledOff = true;
          reject(new RangeError('called off'));
        });
      });
    };
    const storage = restoreUnknown ? new MemoryRawStorage() : await storeWithoutFirst();
    const { repo } = repoOver(storage, never, { restoreUnknown });
    await expect(repo.get(gets, { signal: caller.signal })).rejects.toThrow('the caller has gone');
    expect(calledOff).toBe(true);
  });

  it('says so where the engine cannot keep what came, and what is held is served on (INV-7)', async () => {
    const storage = new FaultyStorage(new FaultyDriver(), {});
    await storeWithoutFirst(storage);
    const { repo } = repoOver(storage, async () => {
      storage.faulty.nextWriteFails = true;
      return archiveOf([1, 2, 3]);
    });
    expect(await repo.get(at1)).toEqual({ a: { state, unavailable: 'restore-failed' } });
    expect((await repo.get(tip)).a).toEqual({ block: blockAfter(1, 2, 3), rev: 3, state });
  });
});
