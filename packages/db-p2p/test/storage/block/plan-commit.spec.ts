import { expect, it, vi } from 'vitest';
import { MemoryDriver, MemoryRawStorage, RawStorage, type BlockMetadata } from '../../../src/storage/index.js';
import { planCommit } from '../../../src/storage/block/plan-commit.js';
import { blockAfter, stepTo } from './chain.js';

it('what a commit counts of a block is the same wherever it stands in a batch, and what is stored', async () => {
  const storage = new MemoryRawStorage();
  const head: BlockMetadata = {
    ranges: [[1]],
    latest: { trxId: 't1', rev: 1 },
    sinceCheckpoint: { revisions: 1, bytes: 7 },
  };
  const batch = storage.batch();
  const copyBytes = ['a', 'b', 'c'].map(blockId => {
    const commit = { blockId, head, tip: blockAfter(1), trxId: 't3', rev: 3, transform: stepTo(3, 1) };
    return planCommit({ ...commit, checkpointInterval: 32 }, batch);
  });
  await batch.write();
  const sizes = async (kind: 'trx' | 'block') => {
    const found: number[] = [];
    for await (const { bytes } of storage.scanRecords(kind)) found.push(bytes.length);
    return found;
  };
  expect(copyBytes).toEqual(await sizes('block'));
  const [trxBytes = 0] = await sizes('trx');
  for (const blockId of ['a', 'b', 'c']) {
    expect(await storage.getMetadata(blockId)).toMatchObject({
      sinceCheckpoint: { revisions: 2, bytes: 7 + trxBytes },
      copyBytes: copyBytes[0],
    });
  }
  await storage.close();
});

it('the head that a first commit leaves is frozen to its depths, so that all can share it (INV-13)', async () => {
  const driver = new MemoryDriver();
  const storage = new RawStorage(driver);
  const batch = storage.batch();
  const commit = { blockId: 'a', head: { ranges: [] }, tip: undefined, trxId: 't1', rev: 1 };
  planCommit({ ...commit, transform: stepTo(1, 0), checkpointInterval: 32 }, batch);
  await batch.write();
  // What is not frozen is not kept at hand, but read.
  const reads = [vi.spyOn(driver, 'get'), vi.spyOn(driver, 'getMany')];
  const head = await storage.getMetadata('a');
  expect(head?.ranges).toEqual([[1]]);
  expect([head, head?.ranges, head?.ranges[0], head?.latest].every(Object.isFrozen)).toBe(true);
  for (const read of reads) expect(read).not.toHaveBeenCalled();
  await storage.close();
});

it('a commit leaves of the pending transactions all but its own, and of a deleted block no copy', async () => {
  const storage = new MemoryRawStorage();
  const batch = storage.batch();
  const latest = { trxId: 't1', rev: 1 };
  for (const [blockId, pendings] of [
    ['alone', ['t3']],
    ['among', ['u', 't3', 'v']],
  ] as const) {
    const head: BlockMetadata = { ranges: [[1]], latest, pendings: [...pendings] };
    const commit = { blockId, head, tip: blockAfter(1), trxId: 't3', rev: 3 };
    expect(planCommit({ ...commit, transform: { delete: true }, checkpointInterval: 1 }, batch)).toBe(0);
  }
  await batch.write();
  expect(await storage.getMetadata('alone')).not.toHaveProperty('pendings');
  expect(await storage.getMetadata('among')).toMatchObject({ pendings: ['u', 'v'], deleted: true });
  for await (const key of storage.scanKeys('block')) expect(key).toBeUndefined();
  await storage.close();
});
