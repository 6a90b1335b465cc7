import { Encoder } from 'cbor-x';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CborEncoder } from '../../../src/storage/platform/portable-cbor.js';
import { randomRuns } from '../../../../../test/random-runs.js';

const FILE = 'packages/db-p2p/test/storage/platform/portable-cbor.spec.ts';

const inPages = new CborEncoder();
const inNode = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, variableMapSize: true });

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 60 }));
const key = text.filter(name => name !== '__proto__');
const { record } = fc.letrec<{ record: Record<string, unknown>; value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => (number === 0 ? 0 : number)),
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 6 }),
    tie('record'),
  ),
  record: fc.dictionary(key, tie('value'), { maxKeys: 30, noNullPrototype: true }),
}));

describe('the CBOR of records in pages', () => {
  it('is read by the encoder that Node has, and the other way round (INV-6)', () => {
    fc.assert(
      fc.property(record, sample => {
        expect(plain(inNode.decode(inPages.encode(sample)))).toStrictEqual(sample);
        expect(inPages.decode(inNode.encode(sample))).toStrictEqual(sample);
        expect(inPages.decode(inPages.encode(sample))).toStrictEqual(sample);
      }),
      randomRuns(FILE, 1_000),
    );
  });

  it('keeps the order of keys, and a byte order mark', () => {
    const sample = { zebra: 1, '\ufeffa': '\ufeffb', b: 2 };
    expect(Object.entries(inPages.decode(inPages.encode(sample)) as object)).toEqual(Object.entries(sample));
  });

  it('gives byte arrays that share nothing with what they were read from (INV-13)', () => {
    const encoded = inPages.encode({ bytes: Uint8Array.of(1, 2, 3) });
    const decoded = inPages.decode(encoded);
    encoded.fill(0);
    expect(decoded).toStrictEqual({ bytes: Uint8Array.of(1, 2, 3) });
  });

  it('leaves out members that are undefined, and reads those that another encoder has written', () => {
    expect(inPages.decode(inPages.encode({ a: undefined, b: 1 }))).toStrictEqual({ b: 1 });
    expect(inPages.decode(inNode.encode({ a: undefined, b: 1 }))).toStrictEqual({ a: undefined, b: 1 });
  });

  it('is an error where it is cut off, or where something follows (INV-6)', () => {
    fc.assert(
      fc.property(record, fc.nat(), (sample, at) => {
        const encoded = inPages.encode(sample);
        expect(() => inPages.decode(encoded.subarray(0, at % encoded.length))).toThrow();
        expect(() => inPages.decode(Uint8Array.of(...encoded, 0))).toThrow(RangeError);
      }),
      randomRuns(FILE, 1_000),
    );
  });

  it.each([
    ['a tag', [0xc1, 0x00]],
    ['an indefinite array', [0x9f, 0xff]],
    ['a half float', [0xf9, 0x3c, 0x00]],
    ['a map with a number for a key', [0xa1, 0x01, 0x02]],
    ['an array of more values than there are bytes', [0x9a, 0xff, 0xff, 0xff, 0xff]],
    ['a byte string that is longer than the bytes', [0x58, 0x20, 0x00]],
    ['a text that is no UTF-8', [0x62, 0xc3, 0x28]],
  ])('is an error for %s', (_, bytes) => {
    expect(() => inPages.decode(Uint8Array.from(bytes))).toThrow();
  });

  it('has no encoding for what no record holds', () => {
    for (const value of [Number.NaN, Infinity, 1n, Symbol('no'), () => 0]) {
      expect(() => inPages.encode({ value })).toThrow(TypeError);
    }
  });
});

/** Node's encoder hands out views of its input, which are Buffers in Node. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, plain(child)]));
}
