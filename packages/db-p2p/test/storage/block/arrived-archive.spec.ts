import { DEFAULT_LIMITS, InvalidArchiveError, type IBlock, type Transform } from '@blockstrata/db-core';
import { describe, expect, it, vi } from 'vitest';
import {
  BlockStorage,
  checkArchive,
  exportArchive,
  MemoryDriver,
  MemoryRawStorage,
  RawStorage,
  StorageRepo,
  type BlockArchive,
  type DriverSupports,
  type IRawStorage,
} from '../../../src/storage/index.js';
import { checkArrived, type ArrivedArchive } from '../../../src/storage/block/check-archive.js';
import {
  EncodedRevision,
  outlineOf,
  toArchive,
  withoutBase,
  type CheckedRevision,
} from '../../../src/storage/block/checked-archive.js';
import type { EncodedBlock } from '../../../src/storage/encoded/encoded-transform.js';
import { EncodedValue } from '../../../src/storage/encoded/encoded-value.js';
import { archiveOf, blockAfter } from './chain.js';
import { encodedBlock, encodedTransform } from './encoded.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

/** The revisions and copies of an archive as they arrive from a peer. */
function arrivedFrom({ blockId, range, revisions }: BlockArchive, isEncoded: boolean): ArrivedArchive {
  const copies = new Map<number, IBlock | EncodedBlock>();
  const arrived = Object.entries(revisions).map(([key, { trx, base, block }]): CheckedRevision => {
    const rev = Number(key);
    if (block !== undefined) copies.set(rev, isEncoded ? encodedBlock(block) : block);
    const { trxId, transform } = trx;
    return isEncoded
      ? new EncodedRevision(rev, trxId, base, encodedTransform(transform))
      : { rev, trxId, base, transform };
  });
  const [first, ...rest] = arrived;
  if (first === undefined) throw new TypeError('there are no revisions');
  return { blockId, revisions: [first, ...rest], end: range[1], copies };
}

/** An archive of these transforms, one at each of the revisions from `start` on. */
function archiveWith(transforms: readonly Transform[], start = 1, block?: IBlock): BlockArchive {
  const revisions: BlockArchive['revisions'] = {};
  transforms.forEach((transform, i) => {
    const rev = start + i;
    revisions[rev] = { trx: { trxId: `t${rev}`, transform }, base: rev - 1 };
    if (i === 0 && block !== undefined) revisions[rev].block = block;
  });
  return { blockId: 'a', range: [start], revisions };
}

/** Revisions 1 and 3, and this copy at 3. */
function withCopyAt3(block: IBlock): BlockArchive {
  const archive = archiveOf([1, 3]);
  if (archive.revisions[3] !== undefined) archive.revisions[3].block = block;
  return archive;
}

/** All records that are stored. */
async function records(storage: IRawStorage): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>();
  for (const kind of ['meta', 'rev', 'trx', 'block'] as const) {
    for await (const { key, bytes } of storage.scanRecords(kind)) all.set(`bytes of ${key.encoded}`, bytes.length);
  }
  all.set('head', await storage.getMetadata('a'));
  for await (const revision of storage.listRevisions('a', 1, 1_000)) {
    all.set(`revision ${revision.rev}`, revision);
    all.set(`transaction of ${revision.rev}`, await storage.getTransaction('a', revision.trxId));
    all.set(`copy at ${revision.rev}`, await storage.getMaterializedBlock('a', revision.trxId));
  }
  return all;
}

/** A store that keeps its records as text, which takes nothing as it is encoded. */
class TextDriver extends MemoryDriver {
  override readonly supports: DriverSupports = { persistence: false, durability: ['strict'], encoding: 'json' };
}

async function installed(archive: BlockArchive, isText = false): Promise<IRawStorage> {
  const storage = isText ? new RawStorage(new TextDriver()) : new MemoryRawStorage();
  await new BlockStorage('a', storage, async () => archive, { checkpointInterval: 2 }).refresh();
  return storage;
}

const gone = archiveWith([{ delete: true }, { insert: blockAfter(9) }, { updates: [['list', 0, 1, [8]]] }], 5);
const samples: readonly (readonly [string, BlockArchive])[] = [
  ['a whole history', archiveOf([1, 2, 5, 6, 7])],
  ['a history above a copy', archiveOf([1, 3, 5, 6, 7], { above: 2 })],
  ['a closed range', archiveOf([1, 3, 5], { above: 2, end: 9 })],
  ['a history that starts with a deletion', gone],
  ['a history with copies on its way', withCopyAt3(blockAfter(1, 3))],
];

describe('an archive that has arrived in parts', () => {
  it.each(samples)(
    'is what it is as a whole, and comes to the same when it is installed: %s',
    async (_what, archive) => {
      const whole = toArchive(checkArchive(archive, 'a', undefined, DEFAULT_LIMITS), DEFAULT_LIMITS);
      const exported: unknown[] = [];
      for (const isText of [true, false]) {
        const expected = await records(await installed(whole, isText));
        for (const isEncoded of [true, false]) {
          const checked = checkArrived(arrivedFrom(archive, isEncoded), undefined);
          expect(toArchive(checked, DEFAULT_LIMITS)).toEqual(whole);
          const storage = await installed(toArchive(checked, DEFAULT_LIMITS), isText);
          expect(await records(storage)).toEqual(expected);
          const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
          expect((await repo.verify()).violations).toEqual([]);
          exported.push(await exportArchive(storage, 'a', undefined));
        }
      }
      for (const each of exported) expect(each).toEqual(exported[0]);
    },
  );

  it('stays encoded while it is checked and installed', async () => {
    const decoding = vi.spyOn(EncodedValue.prototype, 'decode');
    const archive = archiveWith(
      [{ updates: [] }, ...[1, 2, 3].map((n): Transform => ({ updates: [['n', -1, 0, n]] }))],
      3,
      { header, list: [] },
    );
    const arrived = arrivedFrom(archive, true);
    decoding.mockClear();
    const lazy = toArchive(checkArrived(arrived, undefined), DEFAULT_LIMITS);
    expect(outlineOf(lazy)).toEqual({ floor: 3, base: 2, revisions: 4 });
    expect(lazy.range).toEqual([3]);
    const storage = await installed(lazy);
    expect(decoding).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    expect(await storage.getMaterializedBlock('a', 't6')).toEqual({ header, list: [], n: 3 });
  });

  it.each<[string, BlockArchive, number | undefined, string]>([
    ['ends at its newest revision', archiveOf([1, 3], { end: 3 }), undefined, 'lies below a revision'],
    ['ends below its newest revision', archiveOf([1, 3, 4], { end: 2 }), undefined, 'lies below a revision'],
    ['does not reach up to the revision', archiveOf([1, 3], { end: 5 }), 5, 'does not cover revision 5'],
    ['starts above the revision', archiveOf([1, 3, 5], { above: 1 }), 2, 'does not cover revision 2'],
    ['has neither a copy at its floor nor base 0', archiveWith([{ updates: [] }], 3), undefined, 'base 0 nor a copy'],
    [
      'has a copy that its transforms do not yield',
      withCopyAt3(blockAfter(3)),
      undefined,
      'archive.revisions[3].block: is not what its transforms yield',
    ],
    [
      'has another copy where it begins',
      { ...archiveOf([1]), revisions: { 1: { ...archiveOf([1]).revisions[1], block: blockAfter(2) } as never } },
      undefined,
      'archive.revisions[1].block: is not what its transforms yield',
    ],
    ['does not replay', archiveWith([{ updates: [['list', 0, 1, []]] }]), undefined, 'does not exist'],
  ])('is refused where it %s (INV-11)', (_what, archive, rev, problem) => {
    for (const isEncoded of [true, false]) {
      const check = () => checkArrived(arrivedFrom(archive, isEncoded), rev);
      expect(check).toThrow(InvalidArchiveError);
      expect(check).toThrow(problem);
    }
  });

  it('covers what lies below its first revision where that is the first of the block, and what lies above its last', () => {
    for (const rev of [1, 2, 3, 4, 5, 6]) {
      const archive = archiveOf([3, 5], { end: 7 });
      expect(checkArrived(arrivedFrom(archive, true), rev).range).toEqual([3, 7]);
      expect(checkArchive(archive, 'a', rev, DEFAULT_LIMITS).range).toEqual([3, 7]);
    }
    expect(checkArrived(arrivedFrom(archiveOf([3, 5]), false), undefined).range).toEqual([3]);
  });

  it('has the same revisions where a base is not to be told, encoded or not', () => {
    for (const isEncoded of [true, false]) {
      const { revisions } = checkArrived(arrivedFrom(archiveOf([1, 3, 5], { above: 2 }), isEncoded), undefined);
      const [first] = revisions;
      const { rev, trxId, base, transform, encoded } = withoutBase(first);
      expect({ rev, trxId, base, transform }).toEqual({
        rev: 3,
        trxId: 't3',
        base: undefined,
        transform: first.transform,
      });
      expect(encoded).toBe(first.encoded);
      expect(encoded === undefined).toBe(!isEncoded);
    }
  });
});
