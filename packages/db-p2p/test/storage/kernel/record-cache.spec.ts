import { describe, expect, it } from 'vitest';
import { metaKey, revKey, trxKey } from '../../../src/storage/driver/record-key.js';
import { RecordCache, type CachedRecord } from '../../../src/storage/kernel/record-cache.js';

const RECORD_BYTES = 1000;

function cached(name: string): CachedRecord {
  return { record: { name }, holdsBytes: false };
}

function head(trxId: string): CachedRecord {
  return { record: { ranges: [], latest: { trxId, rev: 1 } }, holdsBytes: false };
}

describe('the cache of decoded records', () => {
  it('holds the head of a block, the copy that was written last, and all that is pending', () => {
    const cache = new RecordCache();
    const records = { head: head('t2'), copy: cached('copy'), one: cached('one'), two: cached('two') };
    cache.set(metaKey('a'), records.head, 10);
    cache.set(trxKey('block', 'a', 't1'), cached('older'), 10);
    cache.set(trxKey('block', 'a', 't2'), records.copy, 10);
    cache.set(trxKey('pend', 'a', 't3'), records.one, 10);
    cache.set(trxKey('pend', 'a', 't4'), records.two, 10);
    expect(cache.head('a')).toBe(records.head);
    expect(cache.copy('a', 't1')).toBeUndefined();
    expect(cache.copy('a', 't2')).toBe(records.copy);
    expect(cache.pending('a', 't3')).toBe(records.one);
    expect(cache.pending('a', 't4')).toBe(records.two);
    expect(cache.head('b')).toBeUndefined();
  });

  it('forgets one record and keeps the others of the block', () => {
    const cache = new RecordCache();
    for (const key of [metaKey('a'), trxKey('block', 'a', 't'), trxKey('pend', 'a', 'p'), trxKey('pend', 'a', 'q')])
      cache.set(key, cached(key.encoded), 10);
    cache.delete(trxKey('pend', 'a', 'p'));
    expect(cache.pending('a', 'p')).toBeUndefined();
    expect(cache.pending('a', 'q')).toBeDefined();
    cache.delete(trxKey('block', 'a', 'another'));
    expect(cache.copy('a', 't')).toBeDefined();
    cache.delete(trxKey('block', 'a', 't'));
    expect(cache.copy('a', 't')).toBeUndefined();
    expect(cache.head('a')).toBeDefined();
    cache.delete(metaKey('a'));
    expect(cache.head('a')).toBeUndefined();
    expect(cache.pending('a', 'q')).toBeDefined();
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
    for (let i = 0; i < 100; i++) cache.set(metaKey('a'), cached(`${i}`), RECORD_BYTES);
    for (const blockId of ['b', 'c', 'd', 'e', 'f', 'g']) cache.set(metaKey(blockId), cached(blockId), RECORD_BYTES);
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].filter(isHeld)).toHaveLength(7);
    cache.set(trxKey('pend', 'g', 't'), cached('t'), RECORD_BYTES);
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(isHeld)).toEqual([false, true, true, true, true, true, true]);
    cache.delete(trxKey('pend', 'g', 't'));
    cache.set(metaKey('h'), cached('h'), RECORD_BYTES);
    expect(['b', 'c', 'd', 'e', 'f', 'g', 'h'].filter(isHeld)).toHaveLength(7);
  });

  it('keeps nothing of history, and nothing at all where it may take no bytes', () => {
    const cache = new RecordCache();
    cache.set(revKey('a', 1), cached('revision'), 10);
    cache.set(trxKey('trx', 'a', 't'), cached('transaction'), 10);
    expect([cache.head('a'), cache.copy('a', 't'), cache.pending('a', 't')]).toEqual([undefined, undefined, undefined]);
    const none = new RecordCache(0);
    none.set(metaKey('a'), cached('head'), 10);
    none.delete(metaKey('a'));
    none.clear();
    expect(none.head('a')).toBeUndefined();
  });
});
