import type { Transform } from '@blockstrata/db-core';
import { EncodedValue } from '../../storage/encoded/encoded-value.js';
import { frozen, ok, present, same } from '../assertions.js';
import { cases } from '../case.js';
import { block, noise } from '../samples.js';

/** What is put in comes out: every kind of content, to the bit. */
export const valueCases = cases('values');

const TEXTS = [
  '',
  ' ',
  'plain',
  'quotes " and \\ and \u0000 and \u001f',
  '\u2028\u2029\ufeff',
  'e\u0301 is not \u00e9',
  '\u{1F469}\u200d\u{1F680} \u{10FFFF} \uffff',
  '</script><!--',
  '{"/":{"bytes":"AAAA"}}',
  'x'.repeat(70_000),
];

const NUMBERS = [
  0,
  1,
  -1,
  23,
  24,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  2 ** 53,
  2 ** 63,
  2 ** 64,
  0.1,
  -1.5,
  1 / 3,
  1e21,
  1e-7,
  1e308,
  5e-324,
  Number.MAX_VALUE,
  Number.EPSILON,
];

const KEYS = [
  '',
  ' ',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'a/b',
  '//',
  '$',
  '.',
  '0',
  '10',
  '9',
  '\0',
  '\u{1F600}',
];

const SHAPES: readonly (readonly [name: string, value: unknown])[] = [
  ['null and booleans', [null, true, false]],
  ['numbers of every size, exactly', NUMBERS],
  ['texts of every script, exactly', TEXTS],
  [
    'no bytes, few bytes, every byte',
    [new Uint8Array(), Uint8Array.of(0), Uint8Array.from({ length: 256 }, (_, i) => i)],
  ],
  [
    'bytes in depth, and arrays of numbers that are no bytes',
    { list: [[1, 2, 3], Uint8Array.of(1, 2, 3)], map: { bytes: Uint8Array.of(9) } },
  ],
  ['empty arrays and objects, one in the other', [[], {}, [[]], [{}], { a: [] }, { a: {} }, [[], [[], {}]]]],
  ['objects with the keys that objects have anyway', Object.fromEntries(KEYS.map((key, i) => [key, { [key]: i }]))],
  [
    'objects that look like a mark of the encoding',
    [{ bytes: 'AAAA' }, { $type: 'Buffer', data: [1] }, { type: 'Buffer', data: [1] }],
  ],
  ['nesting as deep as the limit', nested(62)],
  ['ten thousand elements', Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? i : `line ${i}`))],
  ['ten thousand keys', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key ${i}`, i]))],
  ['a text of a million characters', 'abcdefgh\u00e9\u{1F600}'.repeat(80_000)],
  ['a million bytes', noise(1_000_000)],
];

for (const [name, value] of SHAPES) {
  valueCases(`holds ${name}`, async bench => {
    const storage = await bench.open();
    const stored = block('b', { value });
    await storage.saveMaterializedBlock('b', 't', stored);
    same(await storage.getMaterializedBlock('b', 't'), stored, 'the block');
    await storage.savePendingTransaction('b', 't', { transform: { updates: [['value', -1, 0, value]] }, time: 1 });
    const pending = present(await storage.getPendingTransaction('b', 't'), 'the pending transaction');
    same(pending.transform.updates?.[0]?.[3], value, 'what its operation inserts');
  });
}

valueCases('gives transforms as they are encoded, and takes them so', async bench => {
  const storage = await bench.open();
  for (const [i, [, value]] of SHAPES.entries()) {
    const [trxId, again, rev] = [`t${i}`, `again ${i}`, 10 ** i];
    const transform = { updates: [['value', -1, 0, value]] } as Transform;
    await storage.saveTransaction('b', trxId, { transform, rev });
    const [bytes, missing] = await storage.getEncodedTransforms('b', [
      { trxId, rev },
      { trxId: again, rev },
    ]);
    same(missing, undefined, 'what was not stored');
    const encoded = present(bytes, 'the encoded transform');
    const carried = new EncodedValue(encoded, 0, encoded.length);
    same(carried.decode(), transform, 'the decoded transform');
    await storage
      .batch()
      .saveEncodedTransaction('b', again, carried, rev)
      .saveEncodedBlock('b', again, carried)
      .write();
    same(await storage.getTransaction('b', again), { transform, rev }, 'the transaction');
    same(await storage.getMaterializedBlock('b', again), transform, 'what was put as a copy');
  }
});

valueCases('holds one block of the largest size', async bench => {
  const storage = await bench.open();
  const stored = block('b', { bytes: noise(storage.limits.blockBytesMax - 4_096) });
  await storage.saveMaterializedBlock('b', 't', stored);
  same(await storage.getMaterializedBlock('b', 't'), stored, 'the block');
});

valueCases('keeps bytes and arrays of numbers apart', async bench => {
  const storage = await bench.open();
  await storage.saveMaterializedBlock('b', 't', block('b', { bytes: Uint8Array.of(1, 2), list: [1, 2] }));
  const read = present(await storage.getMaterializedBlock('b', 't'), 'the block');
  ok(read.bytes instanceof Uint8Array, 'bytes came back as something else');
  ok(Array.isArray(read.list), 'a list came back as something else');
});

valueCases('takes bytes from the middle of a larger buffer', async bench => {
  const storage = await bench.open();
  const buffer = noise(64);
  await storage.saveMaterializedBlock('b', 't', block('b', { bytes: buffer.subarray(10, 20) }));
  const read = present(await storage.getMaterializedBlock('b', 't'), 'the block');
  same(read.bytes, buffer.slice(10, 20), 'the bytes');
});

for (const cacheBytesMax of [0, 1 << 20]) {
  const how = cacheBytesMax === 0 ? 'without a cache' : 'with a cache';

  valueCases(
    `hands out bytes that are copies, ${how}: changing them changes nothing that is stored (INV-13)`,
    async bench => {
      const storage = await bench.open({ cacheBytesMax });
      const stored = block('b', { bytes: Uint8Array.of(1, 2, 3), deep: Object.freeze([Uint8Array.of(4)]) });
      await storage.saveMaterializedBlock('b', 't', stored);
      const first = present(await storage.getMaterializedBlock('b', 't'), 'the block');
      (first.bytes as Uint8Array).fill(0);
      ((first.deep as Uint8Array[])[0] ?? new Uint8Array()).fill(0);
      const second = present(await storage.getMaterializedBlock('b', 't'), 'the block');
      same(second, block('b', { bytes: Uint8Array.of(1, 2, 3), deep: [Uint8Array.of(4)] }), 'the block read again');
      ok((second.bytes as Uint8Array).buffer !== (first.bytes as Uint8Array).buffer, 'two reads share one buffer');
    },
  );

  valueCases(`hands out frozen records, ${how} (INV-13)`, async bench => {
    const storage = await bench.open({ cacheBytesMax });
    const deep = { list: [{ a: [1] }], map: { b: { c: null } } };
    await storage.saveMaterializedBlock('b', 't', block('b', deep));
    await storage.saveMetadata('b', { ranges: [[1]], latest: { trxId: 't', rev: 1 }, pendings: ['p'] });
    await storage.saveRevision('b', 1, { trxId: 't', base: 0 });
    await storage.saveTransaction('b', 't', { transform: { insert: block('b', deep) }, rev: 1 });
    await storage.savePendingTransaction('b', 'p', { transform: { updates: [['list', 0, 1, [{}]]] }, time: 1 });
    for (let round = 1; round <= 2; round++) {
      frozen(present(await storage.getMaterializedBlock('b', 't'), 'the block'), 'the block');
      frozen(present(await storage.getMetadata('b'), 'the head'), 'the head');
      frozen(present((await storage.getMetadataMany(['b']))[0], 'the head'), 'the head');
      frozen(present(await storage.getRevision('b', 1), 'the revision'), 'the revision');
      frozen(present(await storage.getTransaction('b', 't'), 'the transaction'), 'the transaction');
      frozen(present(await storage.getPendingTransaction('b', 'p'), 'the pending'), 'the pending');
    }
  });
}

valueCases('is not changed by what becomes of an object after it was written (INV-13)', async bench => {
  const storage = await bench.open({ cacheBytesMax: 1 << 20 });
  const bytes = Uint8Array.of(1, 2, 3);
  const list = [1, 2, 3];
  const head = { ranges: [[1] as [number]], pendings: ['p'] };
  await storage.saveMaterializedBlock('b', 't', { header: { id: 'b', type: 's', collectionId: 'b' }, bytes, list });
  await storage.saveMetadata('b', head);
  bytes.fill(9);
  list.push(4);
  head.pendings.push('q');
  const read = present(await storage.getMaterializedBlock('b', 't'), 'the block');
  same([read.bytes, read.list], [Uint8Array.of(1, 2, 3), [1, 2, 3]], 'the block');
  same((await storage.getMetadata('b'))?.pendings, ['p'], 'the pending ids');
});

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { in: value };
  return value;
}
