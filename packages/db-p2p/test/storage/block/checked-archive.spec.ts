import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type BlockOperation, type IBlock, type Transform } from '@blockstrata/db-core';
import {
  BlockStorage,
  checkArchive,
  exportArchive,
  MemoryRawStorage,
  StorageRepo,
} from '../../../src/storage/index.js';
import type { BlockArchive } from '../../../src/storage/block/archive.js';
import { archiveOf, blockAfter } from './chain.js';
import { encodedBlock, encodedTransform } from './encoded.js';
import {
  EncodedRevision,
  outlineOf,
  toArchive,
  type CheckedArchive,
  type CheckedRevision,
} from '../../../src/storage/block/checked-archive.js';
import type { EncodedBlock } from '../../../src/storage/encoded/encoded-transform.js';

async function peer(revisions: number, content: unknown = 'text'): Promise<MemoryRawStorage> {
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  for (let rev = 1; rev <= revisions; rev++) {
    const operation: BlockOperation = ['value', 0, 0, content];
    const header = { id: 'a', type: 'note', collectionId: 'a' };
    const transforms = rev === 1 ? { inserts: { a: { header } } } : { updates: { a: [operation] } };
    await repo.pend({ trxId: `t${rev}`, rev, policy: 'f', transforms });
    await repo.commit({ trxId: `t${rev}`, blockIds: ['a'], rev });
  }
  return storage;
}

describe('an archive that was checked', () => {
  it('is not checked again while nobody could have changed it (INV-11)', async () => {
    const checked = checkArchive(await exportArchive(await peer(4), 'a', undefined), 'a', 4, DEFAULT_LIMITS);
    const archive = toArchive(checked, DEFAULT_LIMITS);
    expect(checkArchive(archive, 'a', 4, { ...DEFAULT_LIMITS })).toBe(checked);
    expect(checkArchive({ ...archive }, 'a', 4, DEFAULT_LIMITS)).toEqual(checked);
    expect(() => ((archive.revisions[4] as { base?: number }).base = 1)).toThrow(TypeError);
    expect(() => checkArchive(archive, 'b', 4, DEFAULT_LIMITS)).toThrow('another block');
    const part = toArchive({ ...checked, range: [1, 5] }, DEFAULT_LIMITS);
    expect(() => checkArchive(part, 'a', 9, DEFAULT_LIMITS)).toThrow('does not cover');
  });

  it('is checked again under other limits, and where it holds bytes, which nothing freezes', async () => {
    const checked = checkArchive(await exportArchive(await peer(3), 'a', undefined), 'a', 3, DEFAULT_LIMITS);
    const archive = toArchive(checked, DEFAULT_LIMITS);
    expect(() => checkArchive(archive, 'a', 3, { ...DEFAULT_LIMITS, idBytesMax: 1 })).toThrow('1 at most');
    const transform: Transform = { updates: [['bytes', -1, 0, new Uint8Array([1, 2])]] };
    const block = { ...blockAfter(3), bytes: new Uint8Array([3]) };
    const checkedWith = (
      revision: CheckedRevision,
      floor: IBlock | EncodedBlock,
      ...more: CheckedRevision[]
    ): CheckedArchive => ({ blockId: 'a', range: [3], revisions: [revision, ...more], floor });
    const withFloor = { rev: 3, trxId: 't3', base: 2, transform: { updates: [] } };
    const known: [CheckedArchive, boolean][] = [
      [checkedWith(withFloor, blockAfter(3)), true],
      [checkedWith({ ...withFloor, transform }, blockAfter(3)), false],
      [checkedWith(withFloor, blockAfter(3), { rev: 4, trxId: 't4', base: 3, transform }), false],
      [checkedWith(withFloor, block), false],
      [checkedWith(withFloor, encodedBlock(block)), true],
      [checkedWith(new EncodedRevision(3, 't3', 2, encodedTransform(transform)), encodedBlock(block)), true],
    ];
    for (const [whole, isKnown] of known) {
      const again = checkArchive(toArchive(whole, DEFAULT_LIMITS), 'a', 3, DEFAULT_LIMITS);
      expect(again === whole).toBe(isKnown);
      expect(again.range).toStrictEqual([3]);
    }
  });

  it('covers what lies below its first revision as it did when it was checked', () => {
    for (const [given, first] of [
      [archiveOf([3, 5]), 3],
      [archiveOf([1, 3, 5], { above: 1 }), undefined],
    ] as const) {
      const archive = toArchive(checkArchive(given, 'a', undefined, DEFAULT_LIMITS), DEFAULT_LIMITS);
      const check = () => checkArchive(archive, 'a', 2, DEFAULT_LIMITS).revisions[0].rev;
      if (first === undefined) expect(check).toThrow('does not cover');
      else expect(check()).toBe(first);
      expect(outlineOf(archive)).toEqual(outlineOf({ ...archive }));
    }
  });

  it('carries what its maker has pending, where there is something', () => {
    const checked = checkArchive(archiveOf([1]), 'a', 1, DEFAULT_LIMITS);
    const pending = { t2: { trxId: 't2', transforms: { deletes: ['a'] } } };
    expect(toArchive(checked, DEFAULT_LIMITS, pending).pending).toBe(pending);
    expect(toArchive(checked, DEFAULT_LIMITS)).not.toHaveProperty('pending');
  });

  it('has a copy at its floor, and its bases, as far as it was given them', () => {
    for (const bases of [true, false]) {
      const given = archiveOf([1, 3, 5], { above: 1 });
      if (!bases) delete given.revisions[3]?.base;
      const archive = toArchive(checkArchive(given, 'a', 3, DEFAULT_LIMITS), DEFAULT_LIMITS);
      expect(archive.revisions).toMatchObject({ 3: { block: blockAfter(1, 3) }, 5: { base: 3 } });
      expect(archive.revisions[3]?.base).toBe(bases ? 1 : undefined);
      expect(Object.hasOwn(archive.revisions[3] ?? {}, 'base')).toBe(bases);
      expect(archive.revisions[5]).not.toHaveProperty('block');
    }
  });

  it('ends with the error of the archive itself where looking at it fails', () => {
    const lazy = {
      blockId: 'a',
      revisions: {},
      get range(): never {
        throw new RangeError('not there any more');
      },
    };
    expect(() => checkArchive(lazy, 'a', 1, DEFAULT_LIMITS)).toThrow(RangeError);
  });
});

describe('ensureHistory', () => {
  it('walks down to the first revision, and asks for the next archive before one is installed', async () => {
    const source = await peer(50);
    const storage = new MemoryRawStorage();
    const held: [rev: number | undefined, revisionsHeld: number][] = [];
    const restore = async (blockId: string, rev?: number): Promise<BlockArchive | undefined> => {
      let count = 0;
      for await (const _ of storage.listRevisions(blockId, 0, Number.MAX_SAFE_INTEGER)) count++;
      held.push([rev, count]);
      return exportArchive(source, blockId, rev, { bytesMax: 2_500 });
    };
    await new BlockStorage('a', storage, restore).ensureHistory();
    const whole = new BlockStorage('a', storage);
    expect(await whole.getBlock(1)).toMatchObject({ rev: 1 });
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1]]);
    expect(held.length).toBeGreaterThan(4);
    // Each was asked for when only what lies above its predecessor was there.
    held.forEach(([rev, count]) => rev !== undefined && expect(count).toBeLessThan(50 - rev));
    const asked = held.map(([rev]) => rev);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('says what is missing where nobody has the rest', async () => {
    const source = await peer(50);
    const storage = new MemoryRawStorage();
    const restore = async (blockId: string, rev?: number): Promise<BlockArchive | undefined> =>
      rev === undefined ? exportArchive(source, blockId, rev, { bytesMax: 2_500 }) : undefined;
    await expect(new BlockStorage('a', storage, restore).ensureHistory()).rejects.toMatchObject({
      code: 'restore-failed',
    });
    expect((await storage.getMetadata('a'))?.latest?.rev).toBe(50);
  });
});
