import { InvalidRequestError, type Transform } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, RawStorage, StorageRepo } from '../../../src/storage/index.js';
import { SlowDriver } from '../kernel/slow-driver.js';
import { archiveOf, storeAt } from './chain.js';

const header = { id: 'a', type: 't', collectionId: 'a' };
const insert = { insert: { header, list: [1] } };

describe('a BlockStorage used by itself', () => {
  it('keeps a transaction pending, and moves it to committed once', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    await block.savePendingTransaction('t', { transform: insert, time: 1 });
    expect(await block.getPendingTransaction('t')).toEqual(insert);
    await block.promotePendingTransaction('t', 1);
    expect(await block.getPendingTransaction('t')).toBeUndefined();
    expect(await block.getTransaction('t')).toEqual(insert);
    await expect(block.promotePendingTransaction('t', 1)).rejects.toThrow(InvalidRequestError);
    await block.savePendingTransaction('u', { transform: insert, time: 1 });
    await block.deletePendingTransaction('u');
    expect(await block.getPendingTransaction('u')).toBeUndefined();
  });

  it('moves its newest revision forwards, to the same again, and never back (INV-4)', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    await block.setLatest({ trxId: 't3', rev: 3 });
    await block.setLatest({ trxId: 't3', rev: 3 });
    await block.setLatest({ trxId: 't4', rev: 4 });
    await expect(block.setLatest({ trxId: 't3', rev: 3 })).rejects.toThrow(InvalidRequestError);
    expect(await block.getLatest()).toEqual({ trxId: 't4', rev: 4 });
    expect((await block.storage.getMetadata('a'))?.ranges).toEqual([[3]]);
  });

  it('materializes its tip and its revisions, and nothing before the first', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    expect(await block.getBlock()).toBeUndefined();
    expect(await block.getBlock(1)).toBeUndefined();
    await block.savePendingTransaction('t3', { transform: insert, time: 1 });
    await block.promotePendingTransaction('t3', 3);
    await block.saveRevision(3, { trxId: 't3', base: 0 });
    await block.saveMaterializedBlock('t3', insert.insert);
    await block.setLatest({ trxId: 't3', rev: 3 });
    expect((await block.getBlock())?.block).toEqual(insert.insert);
    expect((await block.getBlock(3))?.block).toEqual(insert.insert);
    expect(await block.getBlock(2)).toBeUndefined();
    await block.saveMaterializedBlock('t3', undefined);
    for await (const key of block.storage.scanKeys('block')) expect(key).toBeUndefined();
  });

  it('goes on through a repository from what the savers stored', async () => {
    const storage = new MemoryRawStorage();
    const block = new BlockStorage('a', storage);
    await block.savePendingTransaction('t3', { transform: insert, time: 1 });
    await block.promotePendingTransaction('t3', 3);
    await block.saveRevision(3, { trxId: 't3', base: 0 });
    await block.saveMaterializedBlock('t3', insert.insert);
    await block.setLatest({ trxId: 't3', rev: 3 });
    const repo = new StorageRepo(() => block, { storage });
    const updates = { a: [['list', 1, 0, [2]] as [string, number, number, number[]]] };
    await repo.pend({ trxId: 't5', transforms: { updates }, rev: 5, policy: 'c' });
    expect(await repo.commit({ trxId: 't5', blockIds: ['a'], rev: 5 })).toEqual({ success: true });
    expect((await block.getBlock(3))?.block).toEqual(insert.insert);
    expect((await block.getBlock(5))?.block?.list).toEqual([1, 2]);
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('reads what was saved without bases, revision by revision', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    for (const rev of [3, 4, 5, 7, 9]) {
      const transform: Transform = rev === 3 ? insert : { updates: [['list', 0, 0, [rev]]] };
      await block.savePendingTransaction(`t${rev}`, { transform, time: 1 });
      await block.promotePendingTransaction(`t${rev}`, rev);
      await block.saveRevision(rev, rev === 3 ? { trxId: 't3', base: 0 } : { trxId: `t${rev}` });
    }
    await block.setLatest({ trxId: 't3', rev: 3 });
    await block.setLatest({ trxId: 't9', rev: 9 });
    for (const [rev, held, list] of [
      [4, 4, [4, 1]],
      [5, 5, [5, 4, 1]],
      [6, 5, [5, 4, 1]],
      [7, 7, [7, 5, 4, 1]],
      [8, 7, [7, 5, 4, 1]],
    ] as const) {
      expect(await block.getBlock(rev)).toEqual({ block: { header, list }, rev: held });
    }
  });

  it('says which argument is wrong', async () => {
    const { storage, block } = await storeAt([1]);
    expect(() => new BlockStorage('', storage)).toThrow(/blockId/);
    for (const ask of [() => block.getBlock(0), () => block.getBlock(1.5), () => block.ensureRevision(-1)]) {
      await expect(ask()).rejects.toThrow(InvalidRequestError);
      await expect(ask()).rejects.toThrow(/\brev\b.* must be an integer/);
    }
    expect((await block.ensureRevision(0)).kind).toBe('absent');
  });

  it('takes only whole intervals from 1 between two kept copies', () => {
    for (const checkpointInterval of [0, -1, 1.5, Number.NaN]) {
      const make = () => new BlockStorage('a', new MemoryRawStorage(), undefined, { checkpointInterval });
      expect(make).toThrow(TypeError);
    }
    const every = new BlockStorage('a', new MemoryRawStorage(), undefined, { checkpointInterval: 1 });
    expect(every.checkpointInterval).toBe(1);
  });

  it('says that it cannot restore where there is nobody to ask', async () => {
    const { storage, peer, block } = await storeAt([1]);
    peer.archive = archiveOf([1, 3, 5], { above: 3 });
    await block.refresh();
    const alone = new BlockStorage('a', storage);
    expect(alone.restores).toBe(false);
    expect((await alone.ensureRevision(4)).kind).toBe('unknown');
    for (const asking of [() => alone.getBlock(4), () => alone.refresh(), () => alone.ensureHistory()]) {
      await expect(asking()).rejects.toThrow('there is no restore callback');
    }
  });

  it('reads as unknown where its head names ranges and no newest revision', async () => {
    const block = new BlockStorage('a', new MemoryRawStorage());
    await block.storage.saveMetadata('a', { ranges: [[1]] });
    expect(await block.getBlock()).toBeUndefined();
    expect(await block.getBlock(1)).toBeUndefined();
  });

  it('moves its tip to the revision that is asked for and no further, where it may, and asks once', async () => {
    const { block, repo, peer } = await storeAt([1]);
    peer.archive = archiveOf([1, 2, 3]);
    expect((await block.ensureRevision(2)).kind).toBe('held');
    expect(peer.asked).toEqual([]);
    await block.ensureRevision(2, { movesTip: true });
    await block.ensureRevision(2, { movesTip: true });
    expect(peer.asked).toEqual([2]);
    expect(await block.getLatest()).toEqual({ trxId: 't2', rev: 2 });
    expect((await repo.verify()).violations).toEqual([]);
  });

  it('says that its history is not whole where two stretches of it are not known to meet', async () => {
    const { storage, block, peer } = await storeAt([]);
    const top = archiveOf([1, 5, 7], { above: 5 });
    delete top.revisions[7]?.base;
    for (const archive of [top, archiveOf([1, 5], { end: 7 })]) {
      peer.archive = archive;
      await (archive === top ? block.refresh() : block.ensureRevision(6));
    }
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 7], [7]]);
    peer.archive = top;
    await expect(block.ensureHistory()).rejects.toThrow('the history below it is missing');
  });

  it('has stored what it saves when it says so, and waits for what it reads, on an engine that takes its time', async () => {
    const driver = new SlowDriver();
    const storage = new RawStorage(driver, { cacheBytesMax: 0 });
    const block = new BlockStorage('a', storage);
    await storage.open();
    const savers: (() => Promise<void>)[] = [
      () => block.savePendingTransaction('t', { transform: insert, time: 1 }),
      () => block.promotePendingTransaction('t', 1),
      () => block.savePendingTransaction('u', { transform: insert, time: 1 }),
      () => block.deletePendingTransaction('u'),
      () => block.saveMaterializedBlock('t', insert.insert),
      () => block.saveRevision(1, { trxId: 't', base: 0 }),
      () => block.setLatest({ trxId: 't', rev: 1 }),
      () => block.saveMaterializedBlock('u', undefined),
    ];
    for (const save of savers) {
      driver.writes.shut();
      let isDone = false;
      const saved = save().then(() => (isDone = true));
      await driver.writes.reached();
      await new Promise(resolve => setImmediate(resolve));
      expect(isDone).toBe(false);
      driver.writes.release();
      await saved;
    }
    await block.savePendingTransaction('u', { transform: insert, time: 1 });
    expect(await block.getPendingTransaction('u')).toEqual(insert);
    expect(await block.getTransaction('t')).toEqual(insert);
    expect((await block.getBlock(1))?.block).toEqual(insert.insert);
    expect((await block.ensureRevision(0)).kind).toBe('absent');
    await storage.close();
  });
});
