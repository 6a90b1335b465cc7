import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BlockstrataError,
  copyTransform,
  DEFAULT_LIMITS,
  type BlockOperation,
  type IBlock,
  type Transform,
} from '@blockstrata/db-core';
import { randomRuns } from '../../../../test/random-runs.js';
import { CborWriter } from '../../src/cbor/cbor-writer.js';
import { DEFAULT_NETWORK_LIMITS } from '../../src/index.js';
import { decodeArchiveItems, type ArchiveItem } from '../../src/network/sync/archive-items.js';
import { encodeCbor } from '../../src/network/wire/encode-cbor.js';
import { EncodedTransform } from '../../src/storage/encoded/encoded-transform.js';
import { encodeStored } from '../../src/storage/encoded/encoded-value.js';

const FILE = 'packages/db-p2p/test/network/archive-items.spec.ts';
const RUNS = 1_000;
const header = { id: 'a', type: 't', collectionId: 'a' };

const name = fc.oneof(
  fc.constantFrom('text', 'lines', 'constructor', 'é', '\ufefflines', 'x'.repeat(30)),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter(key => !['__proto__', '/', 'header'].includes(key)),
);
const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 24, 2 ** 32 - 1, 2 ** 32, -(2 ** 53 - 1), 0.5, 2 ** 60, 1e308),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.uint8Array({ maxLength: 30 }),
);
const { content } = fc.letrec<{ content: unknown }>(tie => ({
  content: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('content'), { maxLength: 5 }),
    fc.dictionary(name, tie('content'), { maxKeys: 20, noNullPrototype: true }),
  ),
}));
const operation = fc
  .tuple(name, fc.integer({ min: -1, max: 5 }), fc.nat(3), content)
  .map((tuple): BlockOperation => tuple);
const transform = fc
  .record(
    {
      insert: fc
        .dictionary(name, content, { maxKeys: 4, noNullPrototype: true })
        .map((entities): IBlock => ({ ...entities, header })),
      updates: fc.array(operation, { maxLength: 4 }),
      delete: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  .map((value): Transform => value);

function chunkOf(encoded: Uint8Array): Uint8Array {
  const writer = new CborWriter({ integerMax: Number.MAX_SAFE_INTEGER });
  writer.arrayOf(1);
  writer.arrayOf(4);
  for (const value of [7, 3, 't7']) writer.value(value);
  writer.encoded(encoded);
  return writer.take();
}

function decoded(chunk: Uint8Array, limits = DEFAULT_NETWORK_LIMITS): ArchiveItem[] {
  return [...decodeArchiveItems(chunk, 'a', DEFAULT_LIMITS, limits)];
}

function transformIn(chunk: Uint8Array): Transform {
  const [item] = decoded(chunk);
  const found = item?.transform ?? {};
  return found instanceof EncodedTransform ? found.decode() : found;
}

describe('the items of an archive (INV-11, INV-12)', () => {
  it('become what checking and copying them decoded gives, in the encoding of a store and in that of a message', () => {
    let kept = 0;
    fc.assert(
      fc.property(transform, sample => {
        const copy = copyTransform(sample, 'a', 'transform', DEFAULT_LIMITS);
        for (const encoded of [encodeStored(sample), encodeCbor(sample)]) {
          expect(transformIn(chunkOf(encoded))).toEqual(copy);
        }
        if (decoded(chunkOf(encodeStored(sample)))[0]?.transform instanceof EncodedTransform) kept++;
      }),
      randomRuns(FILE, RUNS, 'inputs'),
    );
    expect(kept).toBeGreaterThan(0);
  });

  it('keeps the very bytes of what a store would write', () => {
    const encoded = encodeStored({
      updates: [
        ['text', 0, 0, 'x'.repeat(2000)],
        ['n', -1, 0, { b: 1, a: 2 ** 40 }],
      ],
    });
    const [item] = decoded(chunkOf(encoded));
    expect(item?.transform).toBeInstanceOf(EncodedTransform);
    expect((item?.transform as EncodedTransform).bytes).toEqual(encoded);
  });

  it('refuses with a typed error whatever bytes it does not take, and takes none that a copy would refuse', () => {
    let taken = 0;
    const mutated = fc.tuple(transform, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(mutated, ([sample, changes]) => {
        const chunk = chunkOf(encodeStored(sample));
        for (const [position, byte] of changes) chunk[position % chunk.length] = byte;
        let found: Transform;
        try {
          found = transformIn(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(BlockstrataError);
          return;
        }
        taken++;
        expect(copyTransform(found, 'a', 'transform', DEFAULT_LIMITS)).toEqual(found);
      }),
      randomRuns(FILE, RUNS * 5, 'inputs'),
    );
    expect(taken).toBeGreaterThan(0);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    ['a key that repeats', 'a26161016161f6'],
    ['a key that repeats out of order', 'a36162016161f66162f6'],
    ['a key that is no text', 'a101f6'],
    ['a reserved key', 'a1695f5f70726f746f5f5ff6'],
    ['the mark of a link for a key', 'a1612ff6'],
    ['a tag', 'c101'],
    ['undefined', 'f7'],
    ['a float of 32 bits', 'fa3f800000'],
    ['an infinite number', 'fb7ff0000000000000'],
    ['an indefinite length', '9fff'],
    ['a length that is not in its shortest form', '7801' + '61'],
    ['an integer beyond 2^53 - 1', '1b0020000000000000'],
    ['text that is no UTF-8', '62c328'],
    ['a long text that is no UTF-8', `7820${'61'.repeat(30)}c328`],
    ['text that is cut off', '7f'],
  ])('refuses %s', (_, hex) => {
    const withContent = (content: string): Uint8Array => {
      const before = encodeStored({ updates: [['x', -1, 0, null]] }).subarray(0, -1);
      return chunkOf(Buffer.concat([before, Buffer.from(content, 'hex')]));
    };
    expect(decoded(withContent('f6'))).toHaveLength(1);
    expect(() => decoded(withContent(hex))).toThrow(BlockstrataError);
  });

  it('finds a key that repeats among many out of order', () => {
    const keys = Array.from({ length: 100 }, (_, i) => `k${(i * 37) % 100}`);
    const writeMap = (names: readonly string[]): Uint8Array => {
      const writer = new CborWriter({ integerMax: 1 });
      writer.mapOf(1);
      writer.value('updates');
      writer.arrayOf(1);
      writer.arrayOf(4);
      for (const value of ['x', -1, 0]) writer.value(value);
      writer.mapOf(names.length);
      for (const key of names) {
        writer.value(key);
        writer.value(null);
      }
      return writer.take();
    };
    expect(decoded(chunkOf(writeMap(keys)))).toHaveLength(1);
    expect(() => decoded(chunkOf(writeMap([...keys, 'k50'])))).toThrow(/keys that repeat/);
  });

  it('refuses nesting and elements beyond their bounds before anything is built', () => {
    const nested = Buffer.from('81'.repeat(1_000_000), 'hex');
    const updates = encodeStored({ updates: [['x', -1, 0, null]] }).subarray(0, -1);
    const deep = chunkOf(Buffer.concat([updates, nested]));
    expect(() => decoded(deep)).toThrow(expect.objectContaining({ code: 'limit-exceeded', limit: 'messageDepthMax' }));
    const wide = chunkOf(encodeStored({ updates: [['x', -1, 0, new Array(1_000).fill(0)]] }));
    expect(decoded(wide)).toHaveLength(1);
    expect(() => decoded(wide, { ...DEFAULT_NETWORK_LIMITS, messageElementsMax: 999 })).toThrow(
      expect.objectContaining({ code: 'limit-exceeded', limit: 'messageElementsMax' }),
    );
    const believed = Buffer.from('9a7fffffff', 'hex');
    expect(() => decoded(believed)).toThrow(BlockstrataError);
  });
});
