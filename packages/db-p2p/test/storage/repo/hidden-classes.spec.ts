import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { expect, it } from 'vitest';

setFlagsFromString('--allow-natives-syntax');
const haveSameMap = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

const BLOCKS = 300;
// More than V8 remembers of them.
const RECORDS = 3000;

const idOf = (i: number) => `block-${i}`;

/** How many of the objects are of another hidden class than the one before. */
function strangers(objects: readonly (object | undefined)[]): number {
  return objects.filter((object, i) => {
    const before = objects[i - 1];
    return object === undefined || (before !== undefined && !haveSameMap(object, before));
  }).length;
}

it('what is alike shares its hidden classes, however many records keyed by ids a program has', async () => {
  const records = Array.from({ length: RECORDS }, (_, i) => {
    const record: Record<string, number> = {};
    record[`record-${i}`] = i;
    return record;
  });
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  const blockIds = Array.from({ length: BLOCKS }, (_, i) => idOf(i));
  const found = async () => {
    const results = Object.values(await repo.get({ blockIds }));
    const heads = await Promise.all(blockIds.map(blockId => storage.getMetadata(blockId)));
    const blocks = results.map(({ block }) => block);
    return { blocks, headers: blocks.map(block => block?.header), nested: blocks.map(block => block?.point), heads };
  };
  const expectAlike = async () => {
    for (const [name, objects] of Object.entries(await found()))
      expect(strangers(objects as object[]), name).toBeLessThan(5);
  };
  for (const [i, id] of blockIds.entries()) {
    const header = { id, type: 'note', collectionId: 'notes' };
    const inserts = { [id]: { header, text: 'a', point: { x: i, y: 1.5 }, lines: ['b'] } };
    await repo.pend({ trxId: `insert-${i}`, transforms: { inserts }, rev: i + 1, policy: 'f' });
    await repo.commit({ trxId: `insert-${i}`, blockIds: [id], rev: i + 1 });
  }
  await expectAlike();
  for (const [i, id] of blockIds.entries()) {
    const trxId = `update-${i}`;
    const transforms = { updates: { [id]: [['text', -1, 0, 'c'] as [string, number, number, string]] } };
    await repo.pend({ trxId, transforms, rev: BLOCKS + i + 1, policy: 'f' });
  }
  await expectAlike();
  for (const [i, id] of blockIds.entries()) {
    await repo.commit({ trxId: `update-${i}`, blockIds: [id], rev: BLOCKS + i + 1 });
  }
  await expectAlike();
  expect(records).toHaveLength(RECORDS);
  await storage.close();
});
