import { describe, expect, it } from 'vitest';
import { MemoryRawStorage, type IRawStorage } from '../../../src/storage/index.js';
import { approximateBytes } from '../../../src/storage/block/approximate-bytes.js';
import {
  floorContent,
  HistoryRevision,
  openHistory,
  type HistoryOptions,
} from '../../../src/storage/block/read-history.js';
import { encodeStored } from '../../../src/storage/encoded/encoded-value.js';
import { archiveOf, blockAfter, stepTo, storeAt } from './chain.js';

const UNBOUNDED: HistoryOptions = { bytesMax: 1_000_000, above: undefined };

async function pagesOf(storage: IRawStorage, options: Partial<HistoryOptions> = {}): Promise<HistoryRevision[][]> {
  const history = await openHistory(storage, 'a', undefined, { ...UNBOUNDED, ...options });
  const pages: HistoryRevision[][] = [];
  for await (const page of history?.pages() ?? []) pages.push([...page]);
  return pages;
}

const revsOf = (pages: HistoryRevision[][]) => pages.flat().map(({ rev }) => rev);

describe('a history that is read page by page', () => {
  it('has no page without a revision', async () => {
    for (const count of [1, 2, 32, 33, 64, 65]) {
      const { storage } = await storeAt(Array.from({ length: count }, (_, i) => i + 1));
      const pages = await pagesOf(storage);
      expect(pages.map(page => page.length)).not.toContain(0);
      expect(revsOf(pages)).toEqual(Array.from({ length: count }, (_, i) => count - i));
    }
  });

  it('ends on the page on which it has to end, whatever lies below', async () => {
    const { storage } = await storeAt(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(revsOf(await pagesOf(storage, { above: 98 }))).toEqual([100, 99]);
    expect(revsOf(await pagesOf(storage, { bytesMax: 1 }))).toEqual([100]);
    await storage.batch().deleteTransaction('a', 't98').write();
    const broken = await openHistory(storage, 'a', undefined, UNBOUNDED);
    const read: number[] = [];
    const reading = (async () => {
      for await (const page of broken?.pages() ?? []) read.push(...page.map(({ rev }) => rev));
    })();
    await reading.catch(() => undefined);
    expect(read.every(rev => rev > 98)).toBe(true);
  });

  it('takes the bytes that it may to the last one', async () => {
    const { storage } = await storeAt([1, 2, 3, 4]);
    const [top = 0, next = 0] = (await pagesOf(storage)).flat().map(({ bytes }) => bytes);
    expect(revsOf(await pagesOf(storage, { bytesMax: top + next }))).toEqual([4, 3]);
    expect(revsOf(await pagesOf(storage, { bytesMax: top + next - 1 }))).toEqual([4]);
  });

  it('says how much a revision takes up, with what travels beside its transform', () => {
    const record = { rev: 3, trxId: 't3', base: 1 };
    const encoded = encodeStored(stepTo(3, 1));
    const block = blockAfter(1, 3);
    expect(new HistoryRevision(record, encoded).bytes).toBe(200 + encoded.length);
    expect(new HistoryRevision(record, encoded, block).bytes).toBe(200 + encoded.length + approximateBytes(block));
  });

  it('has a content at its floor, by the copy there or by its first transform', () => {
    const first = new HistoryRevision({ rev: 1, trxId: 't1', base: 0 }, encodeStored(stepTo(1, 0)));
    expect(floorContent(first)).toEqual(blockAfter(1));
    const third = { rev: 3, trxId: 't3', base: 1 };
    expect(floorContent(new HistoryRevision(third, encodeStored(stepTo(3, 1)), blockAfter(1, 3)))).toEqual(
      blockAfter(1, 3),
    );
    expect(floorContent(new HistoryRevision(third, encodeStored({ delete: true })))).toBeUndefined();
  });

  it('ends, where it does not reach up to the newest, at the next revision, or at the end of its range', async () => {
    const endAt = async (storage: IRawStorage, rev: number) => (await openHistory(storage, 'a', rev, UNBOUNDED))?.end;
    const { storage, block, peer } = await storeAt([]);
    peer.archive = archiveOf([1, 3, 6, 7], { above: 6 });
    await block.refresh();
    peer.archive = archiveOf([1, 3], { end: 4 });
    await block.ensureRevision(2);
    expect((await storage.getMetadata('a'))?.ranges).toEqual([[1, 4], [7]]);
    expect(await Promise.all([1, 2, 3, 7].map(rev => endAt(storage, rev)))).toEqual([3, 3, 4, undefined]);
    const { storage: apart, block: torn, peer: other } = await storeAt([]);
    other.archive = archiveOf([1, 3, 5], { above: 3, bases: false });
    await torn.refresh();
    other.archive = archiveOf([1, 3], { end: 4 });
    await torn.ensureRevision(2);
    expect((await apart.getMetadata('a'))?.ranges).toEqual([[1, 4], [5]]);
    expect(await endAt(apart, 3)).toBe(4);
    const newest = Number.MAX_SAFE_INTEGER;
    const { storage: tall } = await storeAt([1, newest]);
    expect(await Promise.all([1, newest - 1, newest].map(rev => endAt(tall, rev)))).toEqual([
      newest,
      newest,
      undefined,
    ]);
  });

  it('is none of a block that is not held', async () => {
    expect(await openHistory(new MemoryRawStorage(), 'a', undefined, UNBOUNDED)).toBeUndefined();
  });
});
