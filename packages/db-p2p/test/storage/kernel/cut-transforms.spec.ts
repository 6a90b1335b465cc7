import { CorruptRecordError, type Transform } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { MemoryDriver, RawStorage, trxKey, type DriverWrite } from '../../../src/storage/index.js';
import { decodeEncoded, EncodedValue, encodeStored } from '../../../src/storage/encoded/encoded-value.js';
import { cborCodec } from '../../../src/storage/kernel/cbor-codec.js';
import { jsonCodec } from '../../../src/storage/kernel/json-codec.js';

const KEY = trxKey('trx', 'a', 't');
const transform: Transform = { updates: [['list', 0, 0, ['x']]] };
const cut = (bytes: Uint8Array, rev: number) => cborCodec.unsealTransform?.(KEY, bytes, rev);

/** The encoding of the transform by itself. */
const encoded = (() => {
  const bytes = cut(cborCodec.seal(KEY, { transform, rev: 1 }), 1) ?? new Uint8Array();
  return new EncodedValue(bytes, 0, bytes.length);
})();

describe('the transform of a transaction is cut out of its record', () => {
  it('whether it comes before its revision or behind, whatever the size of that', () => {
    expect(decodeEncoded(encoded.bytes)).toEqual(transform);
    for (const rev of [1, 23, 24, 255, 256, 65_536, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      for (const sealed of [
        cborCodec.seal(KEY, { transform, rev }),
        cborCodec.seal(KEY, { rev, transform }),
        cborCodec.sealEncodedTrx?.(KEY, encoded, rev),
      ]) {
        if (sealed === undefined) expect.unreachable();
        expect(cborCodec.unseal(KEY, sealed)).toEqual({ transform, rev });
        expect(cut(sealed, rev)).toEqual(encoded.bytes);
      }
    }
  });

  it('not where the record is another one than that of a transaction at this revision', () => {
    const text = 'a text that is no transform';
    for (const record of [
      { transform, rev: 2 },
      { rev: 2, transform },
      { rev: 1, transforms: text },
      { rev: 1, other: text },
      { rev: 1, time: 1, transform },
      { transform, rev: 1, time: 1 },
      { rev: 1 },
      { base: 1, transform },
    ])
      expect(cut(cborCodec.seal(KEY, record), 1)).toBeUndefined();
    const others = cborCodec.sealEncodedTrx?.(KEY, encoded, 2) ?? new Uint8Array();
    expect(cut(others, 1)).toBeUndefined();
  });

  it('not where the record is damaged (INV-6)', () => {
    const sealed = cborCodec.seal(KEY, { transform, rev: 1 });
    for (let at = 0; at < sealed.length; at++)
      expect(() => cut(sealed.with(at, (sealed[at] ?? 0) ^ 1), 1)).toThrow(CorruptRecordError);
  });
});

describe('the encoded transforms of a block', () => {
  it.each([
    ['cbor', cborCodec],
    ['json', jsonCodec],
  ] as const)('are those that were written, wherever they are there, in a store of %s', async (encoding, codec) => {
    const driver = new MemoryDriver();
    Object.assign(driver, { supports: { ...driver.supports, encoding } });
    const storage = new RawStorage(driver);
    const block = { header: { id: 'a', type: 't', collectionId: 'c' } };
    const bytes = encodeStored(block);
    await storage
      .batch()
      .saveTransaction('a', 't1', { transform, rev: 1 })
      .saveEncodedTransaction('a', 't3', encoded, 3)
      .saveEncodedBlock('a', 't3', new EncodedValue(bytes, 0, bytes.length))
      .write();
    expect(await storage.getTransaction('a', 't3')).toEqual({ transform, rev: 3 });
    expect(await storage.getMaterializedBlock('a', 't3')).toEqual(block);
    // As another program may have written it: with a member that this one does not know.
    const key = trxKey('trx', 'a', 't2');
    const foreign: DriverWrite = { key, value: codec.seal(key, { transform, rev: 2, more: true }) };
    await driver.write([foreign]);
    const found = await storage.getEncodedTransforms('a', [
      { trxId: 't1', rev: 1 },
      { trxId: 'none', rev: 2 },
      { trxId: 't2', rev: 2 },
      { trxId: 't3', rev: 3 },
    ]);
    expect(found.map(each => each && decodeEncoded(each))).toEqual([transform, undefined, transform, transform]);
    await storage.close();
  });
});
