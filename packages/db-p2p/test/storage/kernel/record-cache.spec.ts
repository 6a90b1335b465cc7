import { describe, expect, it } from 'vitest';
import { metaKey, revKey, trxKey, type RecordKey } from '../../../src/storage/driver/record-key.js';
import { RecordCache, type CachedRecord } from '../../../src/storage/kernel/record-cache.js';

const RECORD_BYTES = 1000;
const NONE = [undefined, undefined, undefined];

function cached(name: string): CachedRecord {
  return { record: { name }, holdsBytes: false };
}

function head(trxId: string): CachedRecord {
  return { record: { ranges: [], latest: { trxId, rev: 1 } }, holdsBytes: false };
}

/** A batch of one write that became visible; without a record, of one deletion. */
function write(cache: RecordCache, key: RecordKey, record: CachedRecord | undefined, encodedBytes = 0): void {
  cache.apply([{ key, value: record && new Uint8Array(encodedBytes) }], [record]);
}

describe('the cache of decoded records', () => {
  it('holds the head of a block, the copy that was written last, and all that is pending', () => {
    const cache = new RecordCache();
    const records = { head: head('t2'), copy: cached('copy'), one: cached('one'), two: cached('two') };
    write(cache, metaKey('a'), records.head, 10);
    write(cache, trxKey('block', 'a', 't1'), cached('older'), 10);
    write(cache, trxKey('block', 'a', 't2'), records.copy, 10);
    write(cache, trxKey('pend', 'a', 't3'), records.one, 10);
    write(cache, trxKey('pend', 'a', 't4'), records.two, 10);
    expect(cache.head('a')).toBe(records.head);
    expect(cache.copy('a', 't1')).toBeUndefined();
    expect(cache.copy('a', 't2')).toBe(records.copy);
    expect(cache.pending('a', 't3')).toBe(records.one);
    expect(cache.pending('a', 't4')).toBe(records.two);
    expect(cache.head('b')).toBeUndefined();
  });

  it('follows a batch of many blocks write by write', () => {
    const cache = new RecordCache();
    const value = new Uint8Array(10);
    const [pending, first, last] = [cached('pending'), head('t1'), head('t2')];
    const keys = [trxKey('pend', 'a', 't'), metaKey('b'), revKey('a', 1), metaKey('a'), trxKey('pend', 'b', 't')];
    const writes = [...keys.map(key => ({ key, value })), { key: metaKey('b'), value }];
    cache.apply(writes, [pending, first, undefined, first, pending, last]);
    expect([cache.head('a'), cache.pending('a', 't')]).toEqual([first, pending]);
    expect([cache.head('b'), cache.pending('b', 't')]).toEqual([last, pending]);
    cache.apply([...writes].reverse(), []);
    expect([cache.head('a'), cache.pending('a', 't'), cache.head('b'), cache.pending('b', 't')]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });

  it('forgets one record and keeps the others of the block', () => {
    const cache = new RecordCache();
    for (const key of [metaKey('a'), trxKey('block', 'a', 't'), trxKey('pend', 'a', 'p'), trxKey('pend', 'a', 'q')])
      write(cache, key, cached(key.encoded), 10);
    write(cache, trxKey('pend', 'a', 'p'), undefined);
    expect(cache.pending('a', 'p')).toBeUndefined();
    expect(cache.pending('a', 'q')).toBeDefined();
    write(cache, trxKey('block', 'a', 'another'), undefined);
    expect(cache.copy('a', 't')).toBeDefined();
    write(cache, trxKey('block', 'a', 't'), undefined);
    expect(cache.copy('a', 't')).toBeUndefined();
    expect(cache.head('a')).toBeDefined();
    write(cache, metaKey('a'), undefined);
    expect(cache.head('a')).toBeUndefined();
    expect(cache.pending('a', 'q')).toBeDefined();
  });

  it('forgets a block with its last record, whatever that is', () => {
    const cache = new RecordCache();
    for (const key of [metaKey('a'), trxKey('block', 'a', 't'), trxKey('pend', 'a', 't')]) {
      write(cache, key, cached(key.encoded), 10);
      write(cache, key, undefined);
      expect([cache.head('a'), cache.copy('a', 't'), cache.pending('a', 't')]).toEqual(NONE);
    }
  });

  it('counts nothing for blocks of which nothing is left, however many they are (INV-12)', () => {
    const cache = new RecordCache(20 * RECORD_BYTES);
    write(cache, metaKey('a'), head('t'), RECORD_BYTES);
    for (let i = 0; i < 50 * RECORD_BYTES; i++) {
      const key = i % 2 === 0 ? metaKey(`${i}`) : trxKey('pend', `${i}`, 't');
      write(cache, key, cached('gone'));
      write(cache, key, undefined);
    }
    expect(cache.head('a')).toBeDefined();
  });

  it('lets no copy that was read from history take the place of the tip', () => {
    const cache = new RecordCache();
    const tip = cached('tip');
    cache.keepRead(metaKey('a'), head('t2'), 10);
    cache.keepRead(trxKey('block', 'a', 't2'), tip, 10);
    cache.keepRead(trxKey('block', 'a', 't1'), cached('history'), 10);
    expect(cache.copy('a', 't2')).toBe(tip);
    expect(cache.copy('a', 't1')).toBeUndefined();
    cache.keepRead(trxKey('block', 'b', 't1'), cached('of a head that is not known'), 10);
    expect(cache.copy('b', 't1')).toBeUndefined();
  });

  it('counts what replaces a record once, and drops the blocks that were used least lately (INV-12)', () => {
    const cache = new RecordCache(20 * RECORD_BYTES);
    const isHeld = (blockId: string) => cache.head(blockId) !== undefined;
    // An entry counts twice its encoding and some for itself: seven of these fit.
    for (let i = 0; i < 100; i++) write(cache, metaKey('a'), cached(`${i}`), RECORD_BYTES);
    for (const blockId of ['b', 'c', 'd', 'e', 'f', 'g']) write(cache, metaKey(blockId), cached(blockId), RECORD_BYTES);
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].filter(isHeld)).toHaveLength(7);
    write(cache, trxKey('pend', 'g', 't'), cached('t'), RECORD_BYTES);
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(isHeld)).toEqual([false, true, true, true, true, true, true]);
    write(cache, trxKey('pend', 'g', 't'), undefined);
    // What is forgotten counts nothing, however often that is.
    for (let i = 0; i < 5000; i++) write(cache, trxKey('pend', 'g', 't'), undefined, RECORD_BYTES);
    for (let i = 0; i < 100; i++) write(cache, trxKey('block', 'g', 't'), undefined, RECORD_BYTES);
    write(cache, metaKey('h'), cached('h'), RECORD_BYTES);
    expect(['b', 'c', 'd', 'e', 'f', 'g', 'h'].filter(isHeld)).toHaveLength(7);
  });

  it('keeps nothing of history, and nothing at all where it may take no bytes', () => {
    const cache = new RecordCache();
    write(cache, revKey('a', 1), cached('revision'), 10);
    write(cache, trxKey('trx', 'a', 't'), cached('transaction'), 10);
    expect([cache.head('a'), cache.copy('a', 't'), cache.pending('a', 't')]).toEqual(NONE);
    const none = new RecordCache(0);
    write(none, metaKey('a'), cached('head'), 10);
    write(none, metaKey('a'), undefined);
    none.clear();
    expect(none.head('a')).toBeUndefined();
  });
});
