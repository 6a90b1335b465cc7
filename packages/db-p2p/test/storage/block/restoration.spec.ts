import { RestoreFailedError, StoreClosedError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import {
  BlockStorage,
  MemoryRawStorage,
  RawStorage,
  StorageRepo,
  type BlockArchive,
  type RestoreCallback,
} from '../../../src/storage/index.js';
import { SlowDriver } from '../kernel/slow-driver.js';
import { archiveOf, blockAfter, chainIn, stepTo, storeAt } from './chain.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

/** Revisions 1 and 2 of block `a`, as a peer has them. */
const archive: BlockArchive = {
  blockId: 'a',
  range: [1],
  revisions: {
    1: { trx: { trxId: 't1', rev: 1, transform: { insert: { header, list: [1] } } }, base: 0 },
    2: { trx: { trxId: 't2', rev: 2, transform: { updates: [['list', 1, 0, [2]]] } }, base: 1 },
  },
};

describe('an archive that brings a transaction which is pending here', () => {
  it('lets those go on who wait for it to end (INV-5)', async () => {
    const storage = new MemoryRawStorage();
    const repo = new StorageRepo(id => new BlockStorage(id, storage, async () => archive), { storage });
    const inserts = { a: { header, list: [1] } };
    await repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'c' });
    const waiting = repo.pend({
      trxId: 't3',
      transforms: { updates: { a: [['list', 0, 1, []]] } },
      rev: 3,
      policy: 'w',
    });
    await repo.refresh(['a']);
    expect((await waiting).success).toBe(true);
    expect((await repo.get({ blockIds: ['a'] }))['a']?.state).toEqual({
      latest: { trxId: 't2', rev: 2 },
      pendings: ['t3'],
    });
    expect((await repo.verify()).violations).toEqual([]);
    await storage.close();
  }, 10_000);
});

/** Block `a` where revisions 1 and 2, and 9, are held, and what lies between is not. */
async function withGap() {
  const made = await storeAt([]);
  for (const archive of [archiveOf([1, 4, 6, 9], { above: 6 }), archiveOf([1], { end: 3 })]) {
    made.peer.archive = archive;
    await (archive.range[0] === 9 ? made.block.refresh() : made.block.ensureRevision(2));
  }
  made.peer.asked.length = 0;
  return made;
}

describe('a restoration', () => {
  it('is shared by those who ask for the same, and by nobody else', async () => {
    const { storage } = await withGap();
    const asked: (string | undefined)[] = [];
    const restore: RestoreCallback = async (blockId, rev) => {
      asked.push(`${blockId} ${rev ?? 'newest'}`);
      await new Promise(resolve => setImmediate(resolve));
      return undefined;
    };
    const asks: Promise<unknown>[] = [];
    for (const blockId of ['a', 'a', 'b']) {
      const block = new BlockStorage(blockId, storage, restore);
      asks.push(block.ensureRevision(4), block.ensureRevision(5), block.refresh());
      asks.push(block.ensureRevision(5, { movesTip: true }));
    }
    await Promise.allSettled(asks);
    expect(asked.sort()).toEqual(['a 4', 'a 5', 'a 5', 'a newest', 'b 4', 'b 5', 'b 5', 'b newest']);
  });

  it('fails where what came, and was installed, does not cover the revision', async () => {
    const { block, peer, storage } = await withGap();
    peer.archive = archiveOf([1, 4]);
    await expect(block.ensureRevision(7)).rejects.toThrow('what came does not cover it');
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 5], [9]]);
  });

  it('does not move the tip where it was not asked to, though it is asked for what lies above', async () => {
    const { block, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, 2, 3]);
    await block.ensureRevision(2, { refetch: true });
    expect(peer.asked).toEqual([2]);
    expect(await block.getLatest()).toEqual({ trxId: 't1', rev: 1 });
  });

  it('of a whole history moves the tip to the newest there is', async () => {
    const { block, peer } = await storeAt([1, 2]);
    peer.archive = archiveOf([1, 2, 3, 5]);
    await block.ensureHistory();
    expect(await block.getBlock()).toEqual({ block: blockAfter(1, 2, 3, 5), rev: 5 });
  });

  it('of a whole history says which revision is missing, and calls off what it asked for ahead', async () => {
    const { storage } = await storeAt([]);
    const signals: (AbortSignal | undefined)[] = [];
    const top = archiveOf([1, 5, 7], { above: 5 });
    delete top.revisions[7]?.base;
    const block = new BlockStorage('a', storage, async (_blockId, rev, options) => {
      signals.push(options?.signal);
      return rev === undefined ? top : archiveOf([1, 5], { above: 1, end: 7 });
    });
    await expect(block.ensureHistory()).rejects.toMatchObject({
      message: expect.stringContaining('the history below it is missing') as string,
      rev: 6,
    });
    expect(signals.length).toBeGreaterThan(2);
    expect(signals.at(-1)?.aborted).toBe(true);
  });

  it('is told in the log, with the block and its newest revision', async () => {
    const { storage, block, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, 2, 3]);
    await block.refresh();
    const entries: unknown[] = [];
    for await (const entry of storage.readLog({ from: storage.logSeq - 1 })) entries.push(entry);
    expect(entries).toMatchObject([{ kind: 'restore', trxId: 't3', rev: 3, blockIds: ['a'] }]);
  });

  it('that failed says so, with what it failed with behind it', async () => {
    const { storage } = await storeAt([]);
    const cause = new RangeError('the secret');
    const block = new BlockStorage('a', storage, async () => {
      throw cause;
    });
    const failed: unknown = await block.refresh().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RestoreFailedError);
    expect(failed).toMatchObject({ cause });
    expect((failed as Error).message).toMatch(/: the restore callback failed$/);
  });

  it('that was given up is no failure: there is no back-off', async () => {
    const { storage } = await storeAt([]);
    let calls = 0;
    const block = new BlockStorage('a', storage, async (_blockId, _rev, options) => {
      if (++calls > 1) return archiveOf([1]);
      return new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new TypeError('called off')));
      });
    });
    const asker = new AbortController();
    const given = block.refresh({ signal: asker.signal });
    asker.abort(new RangeError('gone'));
    await expect(given).rejects.toThrow('gone');
    await new Promise(resolve => setImmediate(resolve));
    await block.refresh();
    expect(await block.getLatest()).toEqual({ trxId: 't1', rev: 1 });
  });

  it('ends when the store is closed', async () => {
    const { storage } = await storeAt([]);
    const block = new BlockStorage('a', storage, () => new Promise(() => undefined));
    const refreshed = block.refresh();
    const outcome = expect(refreshed).rejects.toThrow(StoreClosedError);
    await storage.close();
    await outcome;
  });

  it('brings twice the bytes of an archive at most, once it is stored (INV-12)', async () => {
    const archive = archiveOf(Array.from({ length: 20 }, (_, i) => i + 1));
    const install = async (archiveBytesMax: number) => {
      const limits = { idBytesMax: 16, blockBytesMax: 200, archiveBytesMax };
      const { storage, block, peer } = await storeAt([], { limits });
      peer.archive = archive;
      await block.refresh();
      let bytes = 0;
      for (const kind of ['meta', 'rev', 'trx', 'block'] as const) {
        for await (const record of storage.scanRecords(kind)) bytes += record.bytes.length;
      }
      return bytes;
    };
    let bytes = await install(1_000_000);
    if (bytes % 2 === 1) {
      archive.revisions[1] = { ...archive.revisions[1], trx: { trxId: 't01', transform: stepTo(1, 0) } };
      bytes = await install(1_000_000);
    }
    expect(bytes % 2).toBe(0);
    expect(await install(bytes / 2)).toBe(bytes);
    await expect(install(bytes / 2 - 1)).rejects.toThrow(`it takes up ${bytes} bytes`);
  });
});

describe('a restoration into an engine that takes its time', () => {
  async function slowGap() {
    const driver = new SlowDriver();
    const made = await chainIn(new RawStorage(driver, { cacheBytesMax: 0 }), []);
    for (const archive of [archiveOf([1, 3, 5, 7, 9], { above: 7 }), archiveOf([1], { end: 2 })]) {
      made.peer.archive = archive;
      await (archive.range[0] === 9 ? made.block.refresh() : made.block.ensureRevision(1));
    }
    return { driver, ...made };
  }

  it('is stored when it says so, and not lost to another of the same block at the same time', async () => {
    const { driver, storage, repo } = await slowGap();
    const block = new BlockStorage('a', storage, async (_blockId, rev) =>
      rev === 4 ? archiveOf([1, 3], { above: 1, end: 5 }) : archiveOf([1, 3, 5, 7], { above: 5, end: 8 }),
    );
    driver.writes.shut();
    let done = 0;
    const both = [4, 7].map(rev => block.ensureRevision(rev).then(() => done++));
    await driver.writes.reached();
    await new Promise(resolve => setImmediate(resolve));
    expect(done).toBe(0);
    driver.writes.release();
    await Promise.all(both);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 5], [7]]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('has moved the tip when it says so', async () => {
    const { driver, block, peer } = await slowGap();
    peer.archive = archiveOf([1, 3, 5, 7, 9, 11]);
    driver.writes.shut();
    let isDone = false;
    const refreshed = block.refresh().then(() => (isDone = true));
    await driver.writes.reached();
    await new Promise(resolve => setImmediate(resolve));
    expect(isDone).toBe(false);
    driver.writes.release();
    await refreshed;
    expect(await block.getBlock()).toEqual({ block: blockAfter(1, 3, 5, 7, 9, 11), rev: 11 });
  });

  it('finds its history whole, link by link, and reads it', async () => {
    const { storage, block, peer, repo } = await slowGap();
    peer.archive = archiveOf([1, 3, 5, 7, 9]);
    await block.ensureHistory();
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    for (const rev of [1, 3, 5, 7, 9]) {
      const below = [1, 3, 5, 7, 9].filter(each => each <= rev);
      expect(await block.getBlock(rev)).toEqual({ block: blockAfter(...below), rev });
    }
    peer.archive = { ...archiveOf([1, 3, 5]), range: [1, 6] };
    await expect(block.ensureRevision(3, { refetch: true })).resolves.toMatchObject({ kind: 'held' });
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('goes on from above what it was asked for, where the stretches meet', async () => {
    const { storage, block, peer } = await slowGap();
    peer.archive = archiveOf([1, 3, 5], { above: 1, end: 7 });
    await block.ensureRevision(5);
    peer.archive = archiveOf([1, 3, 5, 7], { above: 5, end: 9 });
    await block.ensureRevision(8);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect(await block.getBlock(8)).toEqual({ block: blockAfter(1, 3, 5, 7), rev: 7 });
  });
});
