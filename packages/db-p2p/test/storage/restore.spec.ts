import { InvalidArchiveError, RestoreFailedError, systemClock, type Clock, type IBlock } from '@blockstrata/db-core';
import type { StorageRepo } from '@blockstrata/db-p2p/storage';
import {
  BlockStorage,
  MemoryRawStorage,
  checkArchive,
  exportArchive,
  type BlockArchive,
  type IRawStorage,
} from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { reportCovered } from '../../../../test/covered.js';
import { SEED, timesFactor } from '../../../../test/random-runs.js';
import { commitHistory, expectedAt, openRepo, seeded } from './history.js';

const RUNS = timesFactor(40);

async function peerWithHistory(seed: number, revisions = 40) {
  const storage = new MemoryRawStorage();
  const expected = await commitHistory(openRepo(storage), ['a'], revisions, seeded(seed));
  const revs = [...(expected.get('a')?.keys() ?? [])];
  return { storage, expected, revs, newest: revs.at(-1) ?? 0 };
}

/** A clock that stands still until it is set forward, so that a back-off passes when the test says so. */
function manualClock(): Clock & { forward(ms: number): void } {
  let now = 1_000_000;
  return { now: () => now, after: (delayMs, fire) => systemClock.after(delayMs, fire), forward: ms => (now += ms) };
}

const HOUR_MS = 3_600_000;

const header = { id: 'a', type: 'list', collectionId: 'c' };

async function commitOne(repo: StorageRepo, trxId: string, rev: number, block: IBlock): Promise<void> {
  await repo.pend({ trxId, transforms: { inserts: { [block.header.id]: block } }, rev, policy: 'f' });
  await repo.commit({ trxId, blockIds: [block.header.id], rev });
}

/** Everything that is stored, for a comparison before and after a refusal. */
async function contents(storage: IRawStorage): Promise<string[]> {
  const all: string[] = [];
  for (const kind of ['meta', 'rev', 'trx', 'block', 'pend', 'log'] as const) {
    for await (const { key, bytes } of storage.scanRecords(kind))
      all.push(`${key.encoded} ${Buffer.from(bytes).toString('hex')}`);
  }
  return all;
}

describe('restoration', () => {
  it(`completes a history from pieces that come in any order (${RUNS} runs from seed ${SEED})`, async () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const random = seeded(seed * 7919);
      const peer = await peerWithHistory(seed);
      const storage = new MemoryRawStorage();
      const repo = openRepo(storage, (blockId, rev) =>
        exportArchive(peer.storage, blockId, rev, { bytesMax: 200 + random(1500) }),
      );
      await new BlockStorage('a', storage, (blockId, rev) =>
        exportArchive(peer.storage, blockId, rev, { bytesMax: 300 }),
      ).refresh();
      for (let i = 0; i < 25; i++) {
        const rev = random(peer.newest + 2);
        const { a } = await repo.get({ blockIds: ['a'], context: { rev } });
        expect(a?.unavailable, `seed ${seed}, revision ${rev}`).toBeUndefined();
        expect(a?.block, `seed ${seed}, revision ${rev}`).toEqual(expectedAt(peer.expected, 'a', rev));
      }
      expect((await repo.verify()).violations, `seed ${seed}`).toEqual([]);
      await storage.close();
    }
    reportCovered({ histories: RUNS });
  });

  it('shares one call among concurrent reads, and asks for nothing that is held', async () => {
    const peer = await peerWithHistory(1);
    const storage = new MemoryRawStorage();
    const asked: (number | undefined)[] = [];
    const restore = async (blockId: string, rev?: number) => {
      asked.push(rev);
      return exportArchive(peer.storage, blockId, rev);
    };
    const block = new BlockStorage('a', storage, restore);
    await Promise.all([1, 2, 3, 4].map(() => block.ensureRevision(peer.newest)));
    expect(asked).toEqual([peer.newest]);
    await openRepo(storage, restore).get({ blockIds: ['a'], context: { rev: 2 } });
    expect(asked).toEqual([peer.newest]);
  });

  it('backs off after a failure, and says so', async () => {
    const storage = new MemoryRawStorage();
    let calls = 0;
    const block = new BlockStorage('a', storage, async () => {
      calls++;
      return undefined;
    });
    await expect(block.ensureRevision(5)).rejects.toThrow(RestoreFailedError);
    await expect(block.ensureRevision(5)).rejects.toThrow(/next try in/);
    expect(calls).toBe(1);
  });

  it('ends with the reason of the signal when the only reader gives up, and calls the callback off', async () => {
    const storage = new MemoryRawStorage();
    const abort = new AbortController();
    const reason = new TypeError('enough');
    let calledOff = false;
    const block = new BlockStorage('a', storage, (_blockId, _rev, options) => {
      queueMicrotask(() => abort.abort(reason));
      return new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          calledOff = true;
          reject(reason);
        });
      });
    });
    await expect(block.ensureRevision(5, { signal: abort.signal })).rejects.toBe(reason);
    expect(calledOff).toBe(true);
  });

  it('lets a commit reach the base that it names, and refuses it as missing-base where that cannot be had', async () => {
    const peer = await peerWithHistory(3);
    const alive = peer.revs.findLast(rev => expectedAt(peer.expected, 'a', rev) !== undefined) ?? 0;
    const clock = manualClock();
    const storage = new MemoryRawStorage({ clock });
    let reachable = false;
    const repo = openRepo(storage, async (blockId, rev) =>
      reachable ? exportArchive(peer.storage, blockId, rev) : undefined,
    );
    const request = {
      trxId: 'next',
      transforms: { updates: { a: [['title', -1, 0, 'new']] as [string, number, number, string][] } },
    };
    expect(await repo.pend({ ...request, rev: 1000, policy: 'f', bases: { a: alive } })).toMatchObject({
      success: true,
    });
    expect(await repo.commit({ trxId: 'next', blockIds: ['a'], rev: 1000 })).toMatchObject({ code: 'missing-base' });
    reachable = true;
    clock.forward(HOUR_MS);
    expect(await repo.commit({ trxId: 'next', blockIds: ['a'], rev: 1000 })).toEqual({ success: true });
    const { a } = await repo.get({ blockIds: ['a'] });
    expect(a?.block?.title).toBe('new');
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('drops the pending record of a transaction that an archive brings (INV-5)', async () => {
    const peer = await peerWithHistory(5);
    const storage = new MemoryRawStorage();
    const repo = openRepo(storage, (blockId, rev) => exportArchive(peer.storage, blockId, rev));
    const trxId = `trx-${peer.revs[0]}`;
    await repo.pend({ trxId, transforms: { inserts: { a: { header, items: [], title: '' } } }, policy: 'f' });
    await repo.refresh(['a']);
    const { a } = await repo.get({ blockIds: ['a'] });
    expect(a?.state.pendings).toBeUndefined();
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('never installs an archive that contradicts local commits, and leaves the store byte for byte as it was (INV-11)', async () => {
    const clock = manualClock();
    const storage = new MemoryRawStorage({ clock });
    let archive: BlockArchive | undefined;
    const repo = openRepo(storage, async () => archive);
    await commitOne(repo, 'local', 5, { header, items: [1], title: 'local' });
    const before = await contents(storage);
    const insert = { header, items: [2], title: 'theirs' };
    const forged: BlockArchive[] = [
      { blockId: 'a', range: [5], revisions: { 5: { trx: { trxId: 'theirs', transform: { insert } }, base: 0 } } },
      { blockId: 'a', range: [5], revisions: { 5: { trx: { trxId: 'local', transform: { insert } }, base: 0 } } },
      { blockId: 'a', range: [3], revisions: { 3: { trx: { trxId: 'local', transform: { insert } }, base: 0 } } },
      { blockId: 'a', range: [4, 9], revisions: { 4: { trx: { trxId: 't4', transform: { insert } }, base: 0 } } },
      { blockId: 'b', range: [5], revisions: { 5: { trx: { trxId: 'x', transform: { insert } }, base: 0 } } },
    ];
    for (archive of forged) {
      clock.forward(HOUR_MS);
      await expect(repo.refresh(['a'])).rejects.toThrow(/was refused/);
      expect(await contents(storage)).toEqual(before);
    }
  });

  it('does not take what a peer has not seen yet for what does not exist (INV-6, INV-11)', async () => {
    const clock = manualClock();
    const storage = new MemoryRawStorage({ clock });
    const at = (rev: number, base: number): BlockArchive['revisions'][number] => ({
      base,
      trx: { trxId: `t${rev}`, transform: { updates: [['title', -1, 0, `at ${rev}`]] } },
    });
    const born = { trx: { trxId: 't2', transform: { insert: { header, items: [], title: 'at 2' } } }, base: 0 };
    const top = { ...at(7, 6), block: { header, items: [], title: 'at 7' } };
    let archive: BlockArchive = { blockId: 'a', range: [7], revisions: { 7: top } };
    const repo = openRepo(storage, async () => archive);
    await repo.refresh(['a']);
    const readAt = async (rev: number) => (await repo.get({ blockIds: ['a'], context: { rev } })).a;
    // This peer is behind: it knows nothing of revision 6, on which revision 7 builds.
    archive = { blockId: 'a', range: [2], revisions: { 2: born, 4: at(4, 2) } };
    expect(await readAt(6)).toMatchObject({ unavailable: 'restore-failed' });
    expect((await readAt(4))?.block?.title).toBe('at 4');
    const before = storage.logSeq;
    clock.forward(HOUR_MS);
    expect(await readAt(6)).toMatchObject({ unavailable: 'restore-failed' });
    expect(storage.logSeq).toBe(before);
    archive = { blockId: 'a', range: [2, 7], revisions: { 2: born, 4: at(4, 2), 6: at(6, 4) } };
    clock.forward(HOUR_MS);
    expect(await readAt(6)).toMatchObject({ rev: 6, block: { title: 'at 6' } });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[2]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('refuses archives that are unsound in themselves', () => {
    const insert = { header, items: [1] };
    const first = { trx: { trxId: 't1', transform: { insert } }, base: 0 };
    const second = { trx: { trxId: 't2', transform: { updates: [['items', 0, 0, [0]]] } }, base: 1 };
    const sound = { blockId: 'a', range: [1], revisions: { 1: first, 2: second } };
    const { limits } = new MemoryRawStorage();
    expect(checkArchive(sound, 'a', 2, limits).revisions).toHaveLength(2);
    const unsound: unknown[] = [
      undefined,
      { ...sound, blockId: 'b' },
      { ...sound, revisions: {} },
      { ...sound, range: [2] },
      { ...sound, range: [1, 2] },
      { ...sound, range: [1, Number.NaN] },
      { ...sound, revisions: { 1: first, 3: { ...second, base: 2 } } },
      { ...sound, revisions: { 1: first, 2: { ...second, trx: { ...second.trx, trxId: 't1' } } } },
      { ...sound, revisions: { 1: first, '2.5': second } },
      { ...sound, revisions: { 1: first, '02': second } },
      { ...sound, revisions: { 1: first, 2: { ...second, trx: { ...second.trx, rev: 3 } } } },
      { ...sound, revisions: { 1: first, 2: { ...second, block: { header, items: [9] } } } },
      { ...sound, revisions: { 2: second } },
      {
        ...sound,
        revisions: { 1: { ...first, trx: { trxId: 't1', transform: { updates: [['items', 9, 0, [1]]] } } } },
      },
    ];
    for (const archive of unsound) expect(() => checkArchive(archive, 'a', 2, limits)).toThrow(InvalidArchiveError);
    expect(() => checkArchive({ ...sound, range: [1, 3] }, 'a', 3, limits)).toThrow(/does not cover/);
  });
});
