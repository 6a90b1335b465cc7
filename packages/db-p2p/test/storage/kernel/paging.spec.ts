import { describe, expect, it } from 'vitest';
import { MemoryDriver, RawStorage, type ScanRange } from '../../../src/storage/index.js';

const COUNT = 50;
const PAGE = 7;

/** Writes down what each scan asks for, and how many records. */
class ScannedDriver extends MemoryDriver {
  readonly ranges: ScanRange[] = [];
  readonly limits: number[] = [];

  override scan(range: ScanRange) {
    this.ranges.push(range);
    this.limits.push(range.limit);
    return super.scan(range);
  }
}

const numbers = Array.from({ length: COUNT }, (_, i) => i + 1);
const nameOf = (n: number) => `b${String(n).padStart(3, '0')}`;

/** Three blocks' worth of revisions, as many heads, pendings and log entries, read in small pages. */
async function filledStore() {
  const driver = new ScannedDriver();
  const storage = new RawStorage(driver, { limits: { pageRecordsMax: PAGE } });
  const batch = storage.batch();
  for (const n of numbers) {
    for (const blockId of ['a', 'b', 'c']) batch.saveRevision(blockId, n, { trxId: `${blockId}${n}` });
    batch.saveMetadata(nameOf(n), { ranges: [[n]] });
    batch.savePendingTransaction('a', nameOf(n), { transform: {}, time: n });
    batch.appendLog({ kind: 'commit', trxId: nameOf(n), rev: n, blockIds: ['a'], time: n });
  }
  await batch.write();
  driver.ranges.length = driver.limits.length = 0;
  return { driver, storage };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a range that takes several pages', () => {
  it('begins with a short page, goes on with pages of the limit, and asks for no more than is wanted', async () => {
    const { driver, storage } = await filledStore();
    await all(storage.listRevisions('b', 1, COUNT));
    expect(driver.limits).toEqual([16, 7, 7, 7, 7, 7]);
    driver.limits.length = 0;
    expect(await all(storage.listRevisions('b', 1, COUNT, { limit: 23 }))).toHaveLength(23);
    expect(driver.limits).toEqual([16, 7]);
    driver.limits.length = 0;
    expect(await all(storage.listRevisions('b', 1, COUNT, { limit: 0 }))).toEqual([]);
    expect(driver.limits).toEqual([]);
    for (const limit of [1, 16, 17]) {
      expect(await all(storage.listRevisions('b', 1, COUNT, { limit }))).toHaveLength(limit);
    }
  });

  it('is asked for without values where keys are enough, and for what is intact where records are inspected', async () => {
    const { driver, storage } = await filledStore();
    const asked = async (items: AsyncIterable<unknown>) => {
      driver.ranges.length = 0;
      await all(items);
      return driver.ranges[0];
    };
    expect(await asked(storage.listBlockIds())).toMatchObject({ kind: 'meta', keysOnly: true });
    expect(await asked(storage.scanKeys('rev'))).toMatchObject({ kind: 'rev', keysOnly: true, intactOnly: true });
    const inspected = await asked(storage.scanRecords('rev'));
    expect(inspected).toMatchObject({ kind: 'rev', keysOnly: false, intactOnly: true });
    expect(inspected).not.toHaveProperty('blockId');
    expect(await asked(storage.listRevisions('b', 1, 9))).not.toHaveProperty('intactOnly');
  });

  it('is asked for by its numbers, where it has some, and not at all where it is empty', async () => {
    const { driver, storage } = await filledStore();
    const asked = (kind: string) =>
      driver.ranges.filter(range => range.kind === kind).map(({ from, to }) => [from, to]);
    await all(storage.readLog());
    expect(asked('log').slice(0, 3)).toEqual([1, 17, 24].map(from => [from, COUNT]));
    await all(storage.listRevisions('b', COUNT, 1));
    expect(asked('rev').slice(0, 3)).toEqual([50, 34, 27].map(to => [1, to]));
    driver.ranges.length = 0;
    expect(await all(storage.readLog({ from: COUNT }))).toEqual([]);
    expect(driver.ranges).toEqual([]);
  });

  it('gives every revision of a block once, in both directions', async () => {
    const { storage } = await filledStore();
    const found = await all(storage.listRevisions('b', 1, COUNT));
    expect(found).toEqual(numbers.map(rev => ({ rev, trxId: `b${rev}` })));
    expect(await all(storage.listRevisions('b', COUNT, 1))).toEqual(found.toReversed());
    expect((await all(storage.listRevisions('b', 40, 5))).map(({ rev }) => rev)).toEqual(
      numbers.slice(4, 40).toReversed(),
    );
    expect((await all(storage.listRevisions('b', 9, 9))).map(({ rev }) => rev)).toEqual([9]);
  });

  it('gives the revisions of a block page by page as well', async () => {
    const { driver, storage } = await filledStore();
    const found = await all(storage.listRevisions('b', 1, COUNT));
    driver.limits.length = 0;
    const pages = await all(storage.listRevisionPages('b', 1, COUNT));
    expect(pages.map(page => page.length)).toEqual([16, 7, 7, 7, 7, 6]);
    expect(driver.limits).toEqual([16, 7, 7, 7, 7, 7]);
    expect(pages.flat()).toEqual(found);
    expect((await all(storage.listRevisionPages('b', 40, 5))).flat()).toEqual(found.slice(4, 40).toReversed());
    expect((await all(storage.listRevisionPages('b', 9, 9))).flat()).toEqual(found.slice(8, 9));
    expect(await all(storage.listRevisionPages('none', 1, COUNT))).toEqual([]);
  });

  it('gives every head, pending transaction and log entry once, in order', async () => {
    const { storage } = await filledStore();
    expect(await all(storage.listBlockIds())).toEqual(numbers.map(nameOf));
    expect(await all(storage.listBlockIds({ after: nameOf(20), limit: 20 }))).toEqual(
      numbers.slice(20, 40).map(nameOf),
    );
    expect((await all(storage.listPendingTransactions('a'))).map(({ trxId }) => trxId)).toEqual(numbers.map(nameOf));
    expect((await all(storage.readLog())).map(({ seq }) => seq)).toEqual(numbers);
    expect((await all(storage.readLog({ from: 10, limit: 30 }))).map(({ seq }) => seq)).toEqual(numbers.slice(10, 40));
    expect(await all(storage.readLog({ from: COUNT }))).toEqual([]);
  });

  it('gives every record and every key of a kind once, across blocks or of one', async () => {
    const { storage } = await filledStore();
    const expected = ['a', 'b', 'c'].flatMap(blockId => numbers.map(rev => `${blockId}${rev}`));
    const records = await all(storage.scanRecords('rev'));
    expect(records.map(({ record }) => (record as { trxId: string }).trxId)).toEqual(expected);
    expect(await all(storage.scanRecords('rev', 'b'))).toEqual(records.slice(COUNT, 2 * COUNT));
    expect(await all(storage.scanKeys('rev'))).toEqual(records.map(({ key }) => key));
  });
});

describe('a record that is damaged', () => {
  it('stops a range, and comes with its error, its bytes and no record where records are inspected (INV-6)', async () => {
    const { driver, storage } = await filledStore();
    const [intact] = await all(storage.scanRecords('rev', 'b'));
    if (intact === undefined) throw new TypeError('there is a record');
    const value = new Uint8Array([1, 2, 3]);
    await driver.write([{ key: intact.key, value }]);
    const inspected = await all(storage.scanRecords('rev', 'b'));
    expect(inspected).toHaveLength(COUNT);
    expect(inspected[0]).toMatchObject({ key: intact.key, bytes: value, damage: { name: 'CorruptRecordError' } });
    expect(inspected[0]).not.toHaveProperty('record');
    await expect(all(storage.listRevisions('b', 1, COUNT))).rejects.toMatchObject({ name: 'CorruptRecordError' });
  });
});
