import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentEquals, CorruptRecordError } from '@blockstrata/db-core';
import { decodeKey, logKey, metaKey, revKey, trxKey, type RecordKey } from '@blockstrata/db-p2p/storage';
import { cborCodec } from '../../packages/db-p2p/src/storage/kernel/cbor-codec.js';
import { decodeHeader, encodeHeader } from '../../packages/db-p2p/src/storage/kernel/header.js';
import { jsonCodec } from '../../packages/db-p2p/src/storage/kernel/json-codec.js';
import { randomRuns } from '../random-runs.js';
import { anyIds, onlyTypedErrors } from './hostile.js';

const FILE = 'test/fuzz/decoders.spec.ts';
const CODECS = [
  ['CBOR', cborCodec],
  ['JSON', jsonCodec],
] as const;

const ids = anyIds.filter(id => id.isWellFormed() && id.length > 0 && Buffer.byteLength(id) <= 256);
const keys: fc.Arbitrary<RecordKey> = fc.oneof(
  ids.map(metaKey),
  fc.tuple(ids, fc.maxSafeNat()).map(([id, rev]) => revKey(id, rev)),
  fc
    .tuple(fc.constantFrom('pend' as const, 'trx' as const, 'block' as const), ids, ids)
    .map(([kind, id, trxId]) => trxKey(kind, id, trxId)),
  fc.maxSafeNat().map(logKey),
);
const records = fc.dictionary(
  fc.constantFrom('list', 'text', 'n', 'constructor'),
  fc.oneof(fc.jsonValue(), fc.uint8Array()),
  { maxKeys: 3 },
);
const edits = fc.array(
  fc.tuple(fc.constantFrom('set' as const, 'cut' as const, 'insert' as const), fc.nat(), fc.nat({ max: 255 })),
  { minLength: 1, maxLength: 3 },
);

function edited(
  bytes: Uint8Array,
  changes: readonly (readonly ['set' | 'cut' | 'insert', number, number])[],
): Uint8Array {
  let list = [...bytes];
  for (const [kind, at, byte] of changes) {
    const place = at % Math.max(1, list.length);
    if (kind === 'cut') list = list.slice(0, place);
    else list.splice(place, kind === 'set' ? 1 : 0, byte);
  }
  return Uint8Array.from(list);
}

describe('fuzzed bytes', () => {
  for (const [name, codec] of CODECS) {
    it(`in a ${name} record are the record that was sealed, or corrupt (INV-6)`, () => {
      fc.assert(
        fc.property(keys, records, edits, (key, record, changes) => {
          const sealed = codec.seal(key, record);
          const bytes = edited(sealed, changes);
          let opened: unknown;
          try {
            opened = codec.unseal(key, bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptRecordError);
            return;
          }
          // Not toEqual, which takes an own `constructor` for the type of the object.
          expect(contentEquals(opened, codec.unseal(key, sealed))).toBe(true);
        }),
        randomRuns(FILE, 2_000, 'inputs'),
      );
    });

    it(`in a ${name} record belong to its key and to no other (INV-6)`, () => {
      fc.assert(
        fc.property(keys, keys, records, (key, other, record) => {
          fc.pre(key.encoded !== other.encoded);
          expect(() => codec.unseal(other, codec.seal(key, record))).toThrow(CorruptRecordError);
        }),
        randomRuns(FILE, 500, 'inputs'),
      );
    });

    it(`that are no ${name} at all are corrupt`, () => {
      fc.assert(
        fc.property(keys, fc.uint8Array({ maxLength: 200 }), (key, bytes) => {
          expect(() => codec.unseal(key, bytes)).toThrow(CorruptRecordError);
        }),
        randomRuns(FILE, 1_000, 'inputs'),
      );
    });
  }

  it('behind a checksum that fits decode to something, or are corrupt, in bounded time', () => {
    fc.assert(
      fc.property(keys, fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), bombs), (key, payload) => {
        const crc = crc32(payload, crc32(key.encoded));
        const frame = Buffer.concat([
          Buffer.from([1, 0, crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24]),
          payload,
        ]);
        const started = performance.now();
        try {
          cborCodec.unseal(key, new Uint8Array(frame));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptRecordError);
        }
        expect(performance.now() - started).toBeLessThan(2_000);
      }),
      randomRuns(FILE, 3_000, 'inputs'),
    );
  });

  it('in a header are that header, or refused with a typed error', async () => {
    const header = encodeHeader({
      version: 1,
      storeId: 'a store',
      epoch: 7,
      clean: { seq: 3, digest: 'ab', epoch: 7 },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          edits.map(changes => edited(header, changes)),
          fc.uint8Array({ maxLength: 100 }),
          fc.json().map(text => new TextEncoder().encode(text)),
        ),
        async bytes => {
          let decoded: unknown;
          const accepted = await onlyTypedErrors(() => (decoded = decodeHeader('a store', bytes)));
          if (accepted) expect(decoded).toEqual(decodeHeader('a store', header));
        },
      ),
      randomRuns(FILE, 2_000, 'inputs'),
    );
  });
});

/** Small payloads that claim to be large: arrays, maps, texts and bytes of up to 2^64 elements, and deep nesting. */
const bombs: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .tuple(fc.constantFrom(0x5b, 0x7b, 0x9b, 0xbb), fc.uint8Array({ minLength: 8, maxLength: 12 }))
    .map(([head, rest]) => Uint8Array.from([head, ...rest])),
  fc
    .tuple(fc.constantFrom(0x5a, 0x7a, 0x9a, 0xba), fc.uint8Array({ minLength: 4, maxLength: 8 }))
    .map(([head, rest]) => Uint8Array.from([head, ...rest])),
  fc
    .tuple(fc.constantFrom(0x81, 0x9f, 0xc1, 0xd8), fc.integer({ min: 1, max: 20_000 }))
    .map(([byte, length]) => new Uint8Array(length).fill(byte)),
);

describe('fuzzed keys', () => {
  it('decode to the key that was encoded, and order numbers like numbers', () => {
    fc.assert(
      fc.property(keys, keys, fc.maxSafeNat(), fc.maxSafeNat(), (key, other, a, b) => {
        expect(decodeKey(key.encoded)).toEqual(key);
        if (key.encoded !== other.encoded) expect(other.encoded.startsWith(key.encoded)).toBe(false);
        expect(logKey(a).encoded < logKey(b).encoded).toBe(a < b);
        const [left, right] = [revKey('x', a), revKey('x', b)].map(({ encoded }) => Buffer.from(encoded));
        if (left !== undefined && right !== undefined) expect(Buffer.compare(left, right)).toBe(Math.sign(a - b));
      }),
      randomRuns(FILE, 2_000, 'inputs'),
    );
  });

  it('that are none decode to nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          keys.chain(({ encoded }) =>
            edits.map(changes =>
              String.fromCharCode(
                ...edited(
                  Uint8Array.from(encoded, c => c.charCodeAt(0) & 127),
                  changes,
                ),
              ),
            ),
          ),
        ),
        text => {
          const key = decodeKey(text);
          if (key !== undefined) expect(key.encoded).toBe(text);
        },
      ),
      randomRuns(FILE, 2_000, 'inputs'),
    );
  });
});
