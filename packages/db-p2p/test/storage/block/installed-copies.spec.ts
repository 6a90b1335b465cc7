import type { Transform } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import {
  BlockStorage,
  MemoryRawStorage,
  StorageRepo,
  type BlockArchive,
  type IRawStorage,
} from '../../../src/storage/index.js';
import { archiveOf, blockAfter, stepTo, storeAt } from './chain.js';

/** Block `a` of a store into which archives are installed, with a copy every `checkpointInterval` revisions. */
async function installing(storage: IRawStorage, checkpointInterval: number, ...archives: BlockArchive[]) {
  let archive: BlockArchive | undefined;
  const block = new BlockStorage('a', storage, async () => archive, { checkpointInterval });
  for (archive of archives) await block.refresh();
  const repo = new StorageRepo(() => block, { storage });
  expect((await repo.verify()).violations).toEqual([]);
  return block;
}

const upTo = (newest: number) => Array.from({ length: newest }, (_, i) => i + 1);

/** Which copies there are, which of them are kept, and how large each is. */
async function copiesOf(storage: IRawStorage) {
  const copies = new Map<string, number>();
  for await (const { key, bytes } of storage.scanRecords('block')) {
    if (key.kind === 'block') copies.set(key.trxId, bytes.length);
  }
  const checkpoints: number[] = [];
  for await (const { rev, checkpoint } of storage.listRevisions('a', 1, 100)) if (checkpoint) checkpoints.push(rev);
  return { copies, checkpoints };
}

describe('the copies of an archive that is installed', () => {
  it('are kept at its floor, at each interval, and at its tip', async () => {
    const storage = new MemoryRawStorage();
    await installing(storage, 3, archiveOf(upTo(12), { above: 2 }));
    const { copies, checkpoints } = await copiesOf(storage);
    expect(checkpoints).toEqual([3, 6, 9, 12]);
    expect([...copies.keys()].sort()).toEqual(['t12', 't3', 't6', 't9']);
    expect(await storage.getMetadata('a')).toMatchObject({
      checkpoint: true,
      sinceCheckpoint: { revisions: 0, bytes: 0 },
    });
  });

  it('go on from there: the head says how much has passed since, and how large the copy at the tip is', async () => {
    const storage = new MemoryRawStorage();
    await installing(storage, 3, archiveOf(upTo(11), { above: 2 }));
    const { copies, checkpoints } = await copiesOf(storage);
    expect(checkpoints).toEqual([3, 6, 9]);
    const bytes: number[] = [];
    for await (const { key, bytes: stored } of storage.scanRecords('trx')) {
      if (key.kind === 'trx' && ['t10', 't11'].includes(key.trxId)) bytes.push(stored.length);
    }
    const [tenth = 0, eleventh = 0] = bytes;
    const head = await storage.getMetadata('a');
    expect(head).toMatchObject({
      sinceCheckpoint: { revisions: 2, bytes: tenth + eleventh },
      copyBytes: copies.get('t11'),
    });
    expect(head).not.toHaveProperty('checkpoint');
    expect(head).not.toHaveProperty('pendings');
  });

  it('are near enough to each other above what was held already', async () => {
    const { storage } = await storeAt(upTo(3));
    await installing(storage, 3, archiveOf(upTo(8)));
    expect((await copiesOf(storage)).checkpoints).toEqual([4, 7]);
  });

  it('are due from the revision on that makes the block anew', async () => {
    const transforms: Transform[] = [
      stepTo(1, 0),
      { delete: true },
      stepTo(3, 0),
      ...[4, 5, 6, 7].map(rev => stepTo(rev, 1)),
    ];
    const revisions: BlockArchive['revisions'] = {};
    transforms.forEach((transform, i) => (revisions[i + 1] = { trx: { trxId: `t${i + 1}`, transform }, base: i }));
    const storage = new MemoryRawStorage();
    const block = await installing(storage, 3, { blockId: 'a', range: [1], revisions });
    expect((await copiesOf(storage)).checkpoints).toEqual([6]);
    expect((await block.getBlock(7))?.block).toEqual(blockAfter(3, 4, 5, 6, 7));
    expect(await block.getBlock(2)).toEqual({ block: undefined, rev: 2 });
  });

  it('are none where it ends with a deletion, nor where it starts with one', async () => {
    const gone: BlockArchive = {
      blockId: 'a',
      range: [5],
      revisions: {
        5: { trx: { trxId: 't5', transform: { delete: true } }, base: 3 },
        6: { trx: { trxId: 't6', transform: { insert: blockAfter(6) } }, base: 5 },
        7: { trx: { trxId: 't7', transform: { delete: true } }, base: 6 },
      },
    };
    const storage = new MemoryRawStorage();
    const block = await installing(storage, 3, gone);
    expect([...(await copiesOf(storage)).copies.keys()]).toEqual([]);
    expect(await storage.getMetadata('a')).toMatchObject({
      deleted: true,
      sinceCheckpoint: { revisions: 0, bytes: 0 },
    });
    for (const [rev, content] of [
      [5, undefined],
      [6, blockAfter(6)],
      [7, undefined],
    ] as const) {
      expect(await block.getBlock(rev)).toEqual({ block: content, rev });
    }
    expect(await block.getBlock()).toEqual({ block: undefined, rev: 7 });
  });

  it('stay where the tip moves on from one that is kept', async () => {
    const storage = new MemoryRawStorage();
    const block = await installing(
      storage,
      3,
      archiveOf([1, 3, 5], { above: 3 }),
      archiveOf([1, 3, 5, 7], { above: 3 }),
    );
    expect([...(await copiesOf(storage)).copies.keys()].sort()).toEqual(['t5', 't7']);
    expect((await block.getBlock(5))?.block).toEqual(blockAfter(1, 3, 5));
  });

  it('go where the tip moves on from one that is not kept', async () => {
    const { storage } = await storeAt([1, 2]);
    const block = await installing(storage, 9, archiveOf([1, 2, 3]));
    expect([...(await copiesOf(storage)).copies.keys()]).toEqual(['t3']);
    expect((await block.getBlock(2))?.block).toEqual(blockAfter(1, 2));
  });
});
