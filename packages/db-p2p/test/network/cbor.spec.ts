import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LimitExceededError } from '@blockstrata/db-core';
import { randomRuns } from '../../../../test/random-runs.js';
import { decodeCbor } from '../../src/network/wire/decode-cbor.js';
import { encodeCbor } from '../../src/network/wire/encode-cbor.js';

const LIMITS = { messageDepthMax: 70, messageElementsMax: 10_000 };
const FILE = 'packages/db-p2p/test/network/cbor.spec.ts';
const RUNS = 1_000;

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 60 }));
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (value === 0 ? 0 : value)),
  text,
  fc.uint8Array({ maxLength: 300 }),
);
const { value } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(text, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

describe('the CBOR of messages', () => {
  it('is what DAG-CBOR prescribes, byte for byte', () => {
    fc.assert(
      fc.property(value, sample => {
        expect(encodeCbor(sample)).toEqual(new Uint8Array(dagCbor.encode(sample)));
      }),
      randomRuns(FILE, RUNS, 'inputs'),
    );
  });

  it('gives back exactly the value that was encoded', () => {
    fc.assert(
      fc.property(value, sample => {
        expect(plain(decodeCbor(encodeCbor(sample), LIMITS))).toEqual(sample);
      }),
      randomRuns(FILE, RUNS, 'inputs'),
    );
  });

  it('keeps a byte order mark, by which two ids may differ', () => {
    expect(decodeCbor(encodeCbor('\ufeffid'), LIMITS)).toBe('\ufeffid');
  });

  it('accepts no bytes but those that the decoded value encodes to', () => {
    let accepted = 0;
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.tuple(value, fc.nat(), fc.nat(255)).map(([sample, position, byte]) => {
        const encoded = encodeCbor(sample);
        encoded[position % encoded.length] = byte;
        return encoded;
      }),
    );
    fc.assert(
      fc.property(bytes, input => {
        const decoded = decodedOrCode(input);
        if (typeof decoded === 'string') {
          expect(['invalid-request', 'limit-exceeded']).toContain(decoded);
          return;
        }
        accepted++;
        expect(encodeCbor(decoded.value)).toEqual(input);
      }),
      randomRuns(FILE, RUNS * 5, 'inputs'),
    );
    expect(accepted).toBeGreaterThan(0);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    ['a tag', 'd82a41ff'],
    ['an indefinite array', '9fff'],
    ['an indefinite text', '7f6161ff'],
    ['undefined', 'f7'],
    ['a 16-bit float', 'f93c00'],
    ['NaN', 'fb7ff8000000000000'],
    ['an infinity', 'fb7ff0000000000000'],
    ['an integer as a float', 'fb3ff0000000000000'],
    ['minus zero', 'fb8000000000000000'],
    ['2^53', '1b0020000000000000'],
    ['-(2^53)', '3b001fffffffffffff'],
    ['a length that is not shortest', '1800'],
    ['a repeated key', 'a2616101616102'],
    ['keys out of order', 'a2616201616102'],
    ['a key that is no text', 'a10101'],
    ['text that is no UTF-8', '62c328'],
    ['a lone surrogate', '63eda080'],
    ['two values', '0101'],
    ['a cut value', '8201'],
    ['a huge length', '9bffffffffffffffff'],
    ['an array longer than the rest', '9affffffff'],
    ['nothing', ''],
  ])('refuses %s', (_name, hex) => {
    expect(() => decodeCbor(Buffer.from(hex, 'hex'), LIMITS)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('stops at the cap of elements before it builds anything (INV-12)', () => {
    const bomb = new Uint8Array(5_000_005).fill(0x80);
    bomb.set([0x9a, 0x00, 0x4c, 0x4b, 0x40]);
    const before = process.memoryUsage().heapUsed;
    expect(() => decodeCbor(bomb, LIMITS)).toThrow(LimitExceededError);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('stops at the cap of depth without recursing (INV-12)', () => {
    const nested = new Uint8Array(2_000_001).fill(0x81);
    nested[2_000_000] = 0;
    expect(() => decodeCbor(nested, LIMITS)).toThrow(expect.objectContaining({ limit: 'messageDepthMax' }));
    expect(decodeCbor(nested.subarray(2_000_000 - LIMITS.messageDepthMax), LIMITS)).toBeDefined();
    expect(() => decodeCbor(nested.subarray(2_000_000 - LIMITS.messageDepthMax - 1), LIMITS)).toThrow(
      LimitExceededError,
    );
  });

  it('copies the byte strings, also out of a Buffer', () => {
    const message = Buffer.from(encodeCbor(new Uint8Array([1, 2, 3])));
    const decoded = decodeCbor(message, LIMITS);
    message.fill(9);
    expect(decoded).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('makes maps without a prototype', () => {
    const decoded = decodeCbor(encodeCbor(JSON.parse('{"__proto__":1,"constructor":2}')), LIMITS);
    expect(Object.getPrototypeOf(decoded)).toBeNull();
    expect(Object.keys(decoded as object).sort()).toEqual(['__proto__', 'constructor']);
  });
});

function decodedOrCode(input: Uint8Array): { value: unknown } | string {
  try {
    return { value: decodeCbor(input, LIMITS) };
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Null prototypes to plain ones, which is what `toEqual` compares. */
function plain(decoded: unknown): unknown {
  if (Array.isArray(decoded)) return decoded.map(plain);
  if (typeof decoded !== 'object' || decoded === null || decoded instanceof Uint8Array) return decoded;
  return Object.fromEntries(Object.entries(decoded).map(([key, member]) => [key, plain(member)]));
}
