import { ExpiredError, InvalidRequestError, systemClock, type RepoOptions } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';
import { archiveOf, blockAfter, stepTo, storeAt } from '../block/chain.js';

describe('a call of a repository', () => {
  it('does not begin where its time has passed, or its caller has gone', async () => {
    const { repo, storage } = await storeAt([1], { clock: { ...systemClock, now: () => 1_000_000 } });
    const passed = { expiration: storage.clock.now() };
    const calls = [
      (options: RepoOptions) => repo.get({ blockIds: ['a'] }, options),
      (options: RepoOptions) => repo.get({ blockIds: ['a'], context: { rev: 1 } }, options),
      (options: RepoOptions) => repo.cancel({ trxId: 't', blockIds: ['a'] }, options),
      (options: RepoOptions) => repo.refresh(['a'], options),
    ];
    for (const call of calls) await expect(call(passed)).rejects.toThrow(ExpiredError);
    const reason = new RangeError('enough');
    // These would be answered with success otherwise, having nothing to do.
    const done = [
      (options: RepoOptions) =>
        repo.pend({ trxId: 't1', transforms: { inserts: { a: blockAfter(1) } }, rev: 1, policy: 'c' }, options),
      (options: RepoOptions) => repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1 }, options),
    ];
    for (const call of done) expect(await call(passed)).toMatchObject({ code: 'expired' });
    for (const call of [...calls, ...done]) {
      await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    }
    const ahead = { expiration: storage.clock.now() + 1 };
    expect((await repo.get({ blockIds: ['a'] }, ahead)).a?.rev).toBe(1);
  });

  it('asks for the newest with the signal of its caller, or without', async () => {
    const { repo, peer } = await storeAt([1]);
    for (const [revs, options] of [
      [[1, 2], {}],
      [[1, 2, 3], { signal: new AbortController().signal }],
    ] as const) {
      peer.archive = archiveOf(revs);
      await repo.refresh(['a'], options);
      expect((await repo.get({ blockIds: ['a'] })).a?.block).toEqual(blockAfter(...revs));
    }
    const caller = new AbortController();
    caller.abort(new RangeError('enough'));
    await expect(repo.refresh(['a'], { signal: caller.signal })).rejects.toThrow('enough');
  });

  it('fetches for a commit the revision below it, where its writer named no base', async () => {
    const { repo, peer } = await storeAt([]);
    const updates = { a: [['list', 0, 0, [3]] as [string, number, number, number[]]] };
    await repo.pend({ trxId: 't3', transforms: { updates }, rev: 3, policy: 'c' });
    peer.archive = archiveOf([1, 2]);
    expect(await repo.commit({ trxId: 't3', blockIds: ['a'], rev: 3 })).toEqual({ success: true });
    expect(peer.asked).toEqual([2]);
    expect((await repo.get({ blockIds: ['a'] })).a?.block).toEqual(blockAfter(1, 2, 3));
  });
});

describe('a repository', () => {
  it('finds its storage by itself where it is not told', async () => {
    const storage = new MemoryRawStorage();
    const repo = new StorageRepo(id => new BlockStorage(id, storage));
    await repo.pend({ trxId: 't1', transforms: { inserts: { a: blockAfter(1) } }, policy: 'c' });
    expect(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1 })).toEqual({ success: true });
    expect(repo.storage).toBe(storage);
    expect(await repo.verify()).toMatchObject({ blocks: 1, violations: [] });
    expect(await repo.recover()).toMatchObject({ mended: [], remaining: { violations: [] } });
  });

  it('names what it was given wrongly', async () => {
    const { repo } = await storeAt([1]);
    expect(() => repo.changes({ from: -1 })).toThrow(expect.objectContaining({ path: 'from' }));
    await expect(repo.refresh(['a', ''])).rejects.toThrow(expect.objectContaining({ path: 'blockIds[1]' }));
  });

  it('keeps with what is pending when it came, and the revision and the base that it was given', async () => {
    const { repo, storage } = await storeAt([1], { clock: { ...systemClock, now: () => 1_000_000 } });
    const transform = stepTo(2, 1);
    const transforms = { updates: { a: transform.updates ?? [] } };
    await repo.pend({ trxId: 'bare', transforms, policy: 'c' });
    await repo.pend({ trxId: 'full', transforms, rev: 9, bases: { a: 1 }, policy: 'c' });
    expect(await storage.getPendingTransaction('a', 'bare')).toStrictEqual({ transform, time: 1_000_000 });
    expect(await storage.getPendingTransaction('a', 'full')).toStrictEqual({
      transform,
      time: 1_000_000,
      rev: 9,
      base: 1,
    });
  });

  it('refuses at once what cannot apply to the base that it names, where that is the tip', async () => {
    const { repo } = await storeAt([1]);
    const transforms = { updates: { a: [['list', 5, 1, []] as [string, number, number, never[]]] } };
    const request = { trxId: 'x', transforms, policy: 'c' } as const;
    await expect(repo.pend({ ...request, bases: { a: 1 } })).rejects.toThrow(InvalidRequestError);
    expect(await repo.pend({ ...request, bases: { a: 2 } })).toMatchObject({ success: true });
  });
});

describe('a repository that is put together wrongly', () => {
  it('is refused: no factory, and no such event', () => {
    expect(() => new StorageRepo({} as never)).toThrow(TypeError);
    const repo = new StorageRepo(id => new BlockStorage(id, new MemoryRawStorage()));
    expect(() => repo.addEventListener('commited' as 'commit', () => undefined)).toThrow('no event "commited"');
  });

  it('commits nothing where a block lies in another store', async () => {
    const { repo: sound, storage } = await storeAt([1]);
    const updates = { a: [['list', 0, 0, [2]] as [string, number, number, number[]]] };
    await sound.pend({ trxId: 't2', transforms: { updates }, rev: 2, policy: 'c' });
    const mixed = new StorageRepo(id => new BlockStorage(id, new MemoryRawStorage()), { storage });
    await expect(mixed.commit({ trxId: 't2', blockIds: ['a'], rev: 2 })).rejects.toThrow(TypeError);
    expect((await sound.get({ blockIds: ['a'] })).a?.state).toEqual({
      latest: { trxId: 't1', rev: 1 },
      pendings: ['t2'],
    });
  });
});
