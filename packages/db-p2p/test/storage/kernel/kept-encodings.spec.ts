import type { Transform } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { trxKey, type RecordKey } from '../../../src/storage/index.js';
import { cborCodec } from '../../../src/storage/kernel/cbor-codec.js';

const PEND = trxKey('pend', 'a', 't');
const TRX = trxKey('trx', 'a', 't');
const BLOCK = trxKey('block', 'a', 't');

/** A frozen value that counts how often its content is read. */
function counted(): { readonly value: object; readonly reads: () => number } {
  let reads = 0;
  const text = { get: () => `read ${(reads++, 'x')}`, enumerable: true };
  return { value: Object.freeze(Object.defineProperty({}, 'text', text)), reads: () => reads };
}

/** Codecs take what they are given: the content need not be a block. */
const transform = (fields: object): Transform => Object.freeze(fields);
const insert = (block: object) => transform({ insert: block });
const update = (block: object) => transform({ updates: Object.freeze([block]) });

/** A copy that no encoding can have been kept of. */
const fresh = <T>(value: T): T => structuredClone(value);

const sealed = (key: RecordKey, record: unknown) => Buffer.from(cborCodec.seal(key, record)).toString('hex');

/** How often a seal reads the content of a value. */
function readsOf(work: () => unknown, { reads }: ReturnType<typeof counted>): number {
  const before = reads();
  work();
  return reads() - before;
}

describe('a transform that was sealed as pending a moment ago', () => {
  it.each([
    ['an insert', insert],
    ['an update', update],
  ])('is not encoded again for its commit: %s', (_name, transformOf) => {
    const content = counted();
    const given = transformOf(content.value);
    cborCodec.seal(PEND, { transform: given, time: 1 });
    expect(readsOf(() => cborCodec.seal(TRX, { transform: given, rev: 1 }), content)).toBe(0);
    const other = counted();
    expect(readsOf(() => cborCodec.seal(TRX, { transform: transformOf(other.value), rev: 1 }), other)).toBeGreaterThan(
      0,
    );
  });

  it('is not encoded again as the copy that it inserts', () => {
    const content = counted();
    cborCodec.seal(PEND, { transform: insert(content.value), time: 1 });
    expect(readsOf(() => cborCodec.seal(BLOCK, content.value), content)).toBe(0);
  });

  it('gives the bytes that it would give if it were encoded again', () => {
    const block = () => Object.freeze({ header: Object.freeze({ id: 'a' }), text: 'one' });
    const both = () => transform({ insert: block(), delete: true });
    for (const given of [insert(block()), update(block()), both(), transform({})]) {
      for (const rest of [{}, { rev: 1 }, { time: 1, rev: 1, base: 1 }]) {
        const pending = { transform: given, ...rest };
        const trx = { ...rest, transform: given };
        expect(sealed(PEND, pending)).toBe(sealed(PEND, fresh({ ...rest, transform: given })));
        expect(cborCodec.unseal(TRX, cborCodec.seal(TRX, trx))).toEqual(fresh(trx));
        expect(sealed(TRX, trx)).toBe(sealed(TRX, fresh(trx)));
        if (given.insert !== undefined) expect(sealed(BLOCK, given.insert)).toBe(sealed(BLOCK, fresh(given.insert)));
      }
    }
  });

  it('is encoded with the rest of a record whose map is too large for a head of one byte', () => {
    for (const entries of [21, 22, 23, 24, 25]) {
      const rest = Object.fromEntries(Array.from({ length: entries }, (_, i) => [`k${i}`, i]));
      const given = insert(Object.freeze({ text: 'one' }));
      cborCodec.seal(PEND, { transform: given, time: 1 });
      const record = { ...rest, transform: given };
      expect(cborCodec.unseal(TRX, cborCodec.seal(TRX, record))).toEqual(fresh(record));
    }
  });

  it('is taken for none where it is none', () => {
    for (const none of [null, 'text', 7, undefined])
      for (const key of [PEND, TRX])
        expect(cborCodec.unseal(key, cborCodec.seal(key, { transform: none, n: 1 }))).toEqual({
          transform: none,
          n: 1,
        });
  });
});
