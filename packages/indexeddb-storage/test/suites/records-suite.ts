import {
  logKey,
  metaKey,
  revKey,
  trxKey,
  type DriverRecord,
  type RecordKey,
  type ScanRange,
} from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import type { IndexedDBDriver } from '../../src/index.js';
import { PAGE_BYTES_MAX } from '../../src/scan-page.js';
import { answer, openedDriver, put } from './opened-driver.js';

const one = Uint8Array.of(1);

async function allPages(driver: IndexedDBDriver, range: ScanRange): Promise<DriverRecord[]> {
  const records: DriverRecord[] = [];
  for (let after = range.after; ; after = records.at(-1)!.key) {
    const page = await driver.scan({ ...range, ...(after === undefined ? {} : { after }) });
    if (!page.done) expect(page.records.length).toBeGreaterThan(0);
    records.push(...page.records);
    if (page.done) return records;
  }
}

async function write(driver: IndexedDBDriver, keys: readonly RecordKey[]): Promise<void> {
  await driver.write(keys.map(key => ({ key, value: one })));
}

const encoded = (records: readonly DriverRecord[]) => records.map(({ key }) => key.encoded);

/** Registers the tests of reading and writing records. */
export function recordsSuite(): void {
  describe('records', () => {
    it('keeps each kind of record in its own object store, under keys that a person can read', async () => {
      const driver = await openedDriver();
      await write(driver, [
        metaKey('b'),
        revKey('b', 7),
        trxKey('pend', 'b', 't'),
        trxKey('block', 'b', 't'),
        logKey(3),
      ]);
      const db = await answer(indexedDB.open(driver.name));
      const keys: Record<string, IDBValidKey[]> = {};
      const trx = db.transaction([...db.objectStoreNames], 'readonly');
      for (const store of db.objectStoreNames) keys[store] = await answer(trx.objectStore(store).getAllKeys());
      db.close();
      expect(keys).toEqual({
        header: ['header'],
        meta: ['b'],
        rev: [['b', 7]],
        pend: [['b', 't']],
        trx: [],
        block: [['b', 't']],
        log: [3],
      });
    });

    it('stores the bytes of a view, and not the buffer beneath it', async () => {
      const driver = await openedDriver();
      const page = new Uint8Array(65_536);
      page.set([1, 2, 3], 100);
      await driver.write([{ key: metaKey('b'), value: page.subarray(100, 103) }]);
      const stored = await driver.get(metaKey('b'));
      expect(stored).toEqual(Uint8Array.of(1, 2, 3));
      expect(stored!.buffer.byteLength).toBe(3);
    });

    it('answers getMany in the order of the keys, and undefined for what is not there', async () => {
      const driver = await openedDriver();
      await driver.write([put('a', 1), { key: revKey('a', 2), value: Uint8Array.of(2) }]);
      const values = await driver.getMany([revKey('a', 2), metaKey('missing'), metaKey('a'), metaKey('a')]);
      expect(values).toEqual([Uint8Array.of(2), undefined, Uint8Array.of(1), Uint8Array.of(1)]);
      expect(await driver.getMany([])).toEqual([]);
    });

    it('applies the writes of a batch in their order', async () => {
      const driver = await openedDriver();
      await driver.write([put('a', 1), put('a', 2), put('b', 1), { key: metaKey('b'), value: undefined }]);
      expect(await driver.getMany([metaKey('a'), metaKey('b')])).toEqual([Uint8Array.of(2), undefined]);
    });

    it('shows all of a batch to a cut that is read beside it, or nothing (INV-2)', async () => {
      const driver = await openedDriver();
      const ids = Array.from({ length: 20 }, (_, i) => `block-${i}`);
      for (let round = 1; round <= 10; round++) {
        const writing = driver.write(ids.map(id => put(id, round)));
        const cuts = await Promise.all([1, 2, 3].map(() => driver.getMany(ids.map(metaKey))));
        await writing;
        for (const cut of cuts) expect(new Set(cut.map(value => value?.[0])).size).toBe(1);
      }
    });
  });

  describe('scans', () => {
    it('orders revisions and log entries by number, both ways, within inclusive bounds', async () => {
      const driver = await openedDriver();
      const revs = [3, 7, 10, 1_000, 2 ** 40, Number.MAX_SAFE_INTEGER];
      await write(driver, [...revs.map(rev => revKey('b', rev)), revKey('a', 5), revKey('c', 5), ...revs.map(logKey)]);
      const range = { kind: 'rev', blockId: 'b', from: 7, to: 2 ** 40, limit: 2 } as const;
      const expected = [7, 10, 1_000, 2 ** 40].map(rev => revKey('b', rev).encoded);
      expect(encoded(await allPages(driver, range))).toEqual(expected);
      expect(encoded(await allPages(driver, { ...range, reverse: true }))).toEqual(expected.toReversed());
      const log = await allPages(driver, { kind: 'log', reverse: true, limit: 1 });
      expect(encoded(log)).toEqual(revs.toReversed().map(rev => logKey(rev).encoded));
    });

    it.each([false, true])('visits the records of one block together, page by page (reverse: %s)', async reverse => {
      const driver = await openedDriver();
      const ids = ['a', 'ab', 'b', '\u{1F600}', '\uFFFD', ' '];
      const keys = ids.flatMap(id => ids.map(trxId => trxKey('trx', id, trxId)));
      await write(driver, keys);
      const found = await allPages(driver, { kind: 'trx', limit: 5, reverse, keysOnly: true });
      expect(new Set(encoded(found))).toEqual(new Set(keys.map(key => key.encoded)));
      expect(found).toHaveLength(keys.length);
      const blocks = found.map(({ key }) => (key as { blockId: string }).blockId);
      expect(blocks.filter((id, i) => id !== blocks[i - 1])).toHaveLength(ids.length);
      const ofOne = await allPages(driver, { kind: 'trx', blockId: 'a', limit: 4, reverse });
      expect(new Set(encoded(ofOne))).toEqual(new Set(ids.map(trxId => trxKey('trx', 'a', trxId).encoded)));
      expect(ofOne.every(({ value }) => value?.length === 1)).toBe(true);
    });

    it('goes on behind a key whether or not its record is still there', async () => {
      const driver = await openedDriver();
      await driver.write([put('a', 1), put('b', 2), put('c', 3)]);
      await driver.write([{ key: metaKey('b'), value: undefined }]);
      const { records } = await driver.scan({ kind: 'meta', after: metaKey('b'), limit: 10, keysOnly: true });
      expect(records).toEqual([{ key: metaKey('c') }]);
      expect(await driver.scan({ kind: 'meta', after: metaKey('c'), limit: 10 })).toEqual({ records: [], done: true });
      expect(await driver.scan({ kind: 'meta', blockId: 'b', after: metaKey('b'), limit: 10 })).toEqual({
        records: [],
        done: true,
      });
    });

    it('ends a page early when its values have grown large (INV-12)', async () => {
      const driver = await openedDriver();
      const value = new Uint8Array(PAGE_BYTES_MAX / 4);
      for (let i = 0; i < 40; i++) await driver.write([{ key: trxKey('block', 'b', `t${i}`), value }]);
      for (const reverse of [false, true]) {
        const page = await driver.scan({ kind: 'block', blockId: 'b', limit: 1_000, reverse });
        expect(page.records.length).toBeLessThanOrEqual(16);
        expect(await allPages(driver, { kind: 'block', blockId: 'b', limit: 1_000, reverse })).toHaveLength(40);
      }
    });
  });
}
