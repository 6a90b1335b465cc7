import type { BlockMetadata, PendingRecord, RevisionRecord, TrxRecord } from '../../storage/records.js';
import { same } from '../assertions.js';
import { cases } from '../case.js';
import { block } from '../samples.js';

/** Heads, revisions, pending and committed transactions: every field, and their absence. */
export const metadataCases = cases('records');

const MAX = Number.MAX_SAFE_INTEGER;

const HEADS: readonly (readonly [name: string, head: BlockMetadata])[] = [
  ['that holds nothing', { ranges: [] }],
  ['with one open range', { ranges: [[1]], latest: { trxId: 't', rev: 1 } }],
  [
    'with many ranges, up to the largest revision',
    { ranges: [[1, 4], [7, 8], [1_000, 2 ** 33], [MAX - 1]], latest: { trxId: 't', rev: MAX } },
  ],
  ['of a deleted block', { ranges: [[3]], latest: { trxId: 't', rev: 9 }, deleted: true }],
  [
    'with everything',
    {
      ranges: [[1]],
      latest: { trxId: '__proto__', rev: 2 ** 40 },
      checkpoint: true,
      sinceCheckpoint: { revisions: 31, bytes: 123_456 },
      copyBytes: 4_194_304,
      pendings: ['constructor', '../x', '\u{1F600}', 'a\0b'],
    },
  ],
  ['with a thousand pending ids', { ranges: [], pendings: Array.from({ length: 1_000 }, (_, i) => `trx ${i}`) }],
];

for (const [name, head] of HEADS) {
  metadataCases(`holds a head ${name}`, async bench => {
    const storage = await bench.open();
    await storage.saveMetadata('b', head);
    same(await storage.getMetadata('b'), head, 'the head');
    same(await storage.getMetadataMany(['b']), [head], 'the heads');
  });
}

const REVISIONS: readonly RevisionRecord[] = [
  { trxId: 't' },
  { trxId: 't', base: 0 },
  { trxId: 't', base: MAX - 1, checkpoint: true },
  { trxId: 'constructor', base: 3, deleted: true },
];

metadataCases('holds a revision with every field, and without', async bench => {
  const storage = await bench.open();
  for (const [i, revision] of REVISIONS.entries()) await storage.saveRevision('b', i + 1, revision);
  for (const [i, revision] of REVISIONS.entries())
    same(await storage.getRevision('b', i + 1), revision, `revision ${i + 1}`);
});

const PENDINGS: readonly PendingRecord[] = [
  { transform: {}, time: 0 },
  { transform: { insert: block('b', { list: [] }) }, time: 1_700_000_000_000, base: 0 },
  {
    transform: {
      updates: [
        ['list', 0, 1, ['x']],
        ['text', -1, 0, null],
        ['', 5, 0, {}],
      ],
      delete: true,
    },
    time: 5,
    rev: MAX,
    base: MAX,
  },
];

metadataCases('holds a pending transaction with every field, and without', async bench => {
  const storage = await bench.open();
  for (const [i, pending] of PENDINGS.entries()) await storage.savePendingTransaction('b', `t${i}`, pending);
  for (const [i, pending] of PENDINGS.entries()) {
    same(await storage.getPendingTransaction('b', `t${i}`), pending, `pending ${i}`);
  }
});

metadataCases('holds a committed transaction with every kind of operation', async bench => {
  const storage = await bench.open();
  const trx: TrxRecord = {
    transform: {
      insert: block('b', { a: [1] }),
      updates: [
        ['a', 0, 0, [2]],
        ['a', -1, 0, [3]],
        ['b', 0, 0, 'x'],
      ],
      delete: true,
    },
    rev: MAX,
  };
  await storage.saveTransaction('b', 't', trx);
  same(await storage.getTransaction('b', 't'), trx, 'the transaction');
});

metadataCases('answers undefined for what was never written', async bench => {
  const storage = await bench.open();
  same(await storage.getMetadata('b'), undefined, 'a head');
  same(await storage.getMetadataMany(['b', 'c']), [undefined, undefined], 'heads');
  same(await storage.getRevision('b', 1), undefined, 'a revision');
  same(await storage.getPendingTransaction('b', 't'), undefined, 'a pending transaction');
  same(await storage.getTransaction('b', 't'), undefined, 'a transaction');
  same(await storage.getMaterializedBlock('b', 't'), undefined, 'a block');
});

metadataCases('answers undefined for a record whose neighbours exist', async bench => {
  const storage = await bench.open();
  await storage.saveMetadata('b', { ranges: [] });
  await storage.saveRevision('b', 5, { trxId: 't' });
  await storage.saveTransaction('b', 't', { transform: {}, rev: 5 });
  same(await storage.getMetadata('c'), undefined, 'the head of another block');
  same(await storage.getRevision('b', 4), undefined, 'the revision below');
  same(await storage.getRevision('b', 6), undefined, 'the revision above');
  same(await storage.getRevision('bb', 5), undefined, 'the revision of another block');
  same(await storage.getPendingTransaction('b', 't'), undefined, 'a pending of a committed transaction');
  same(await storage.getMaterializedBlock('b', 't'), undefined, 'the copy of a committed transaction');
});

metadataCases('replaces a record as a whole', async bench => {
  const storage = await bench.open();
  await storage.saveMetadata('b', { ranges: [[1, 5]], latest: { trxId: 't', rev: 9 }, deleted: true, pendings: ['p'] });
  await storage.saveMetadata('b', { ranges: [] });
  same(await storage.getMetadata('b'), { ranges: [] }, 'the head');
  await storage.saveRevision('b', 1, { trxId: 't', base: 0, checkpoint: true });
  await storage.saveRevision('b', 1, { trxId: 'u' });
  same(await storage.getRevision('b', 1), { trxId: 'u' }, 'the revision');
});

metadataCases('answers several heads in the order they were asked for, the same one twice too', async bench => {
  const storage = await bench.open();
  await storage.saveMetadata('a', { ranges: [[1]] });
  await storage.saveMetadata('b', { ranges: [[2]] });
  const heads = await storage.getMetadataMany(['b', 'none', 'a', 'b']);
  same(heads, [{ ranges: [[2]] }, undefined, { ranges: [[1]] }, { ranges: [[2]] }], 'the heads');
  same(await storage.getMetadataMany([]), [], 'no heads');
});

metadataCases('deletes what is there, and leaves what is not', async bench => {
  const storage = await bench.open();
  await storage.savePendingTransaction('b', 't', { transform: {}, time: 1 });
  await storage.savePendingTransaction('b', 'u', { transform: {}, time: 2 });
  await storage.saveMaterializedBlock('b', 't', block('b'));
  await storage.deletePendingTransaction('b', 't');
  await storage.deletePendingTransaction('b', 'never');
  await storage.deletePendingTransaction('never', 't');
  await storage.deleteMaterializedBlock('b', 't');
  await storage.deleteMaterializedBlock('b', 'never');
  same(await storage.getPendingTransaction('b', 't'), undefined, 'the deleted pending');
  same((await storage.getPendingTransaction('b', 'u'))?.time, 2, 'the other pending');
  same(await storage.getMaterializedBlock('b', 't'), undefined, 'the deleted block');
});

metadataCases('promotes: the pending record is gone, the committed one is there, the others stay', async bench => {
  const storage = await bench.open();
  for (const trxId of ['t', 'u']) await storage.savePendingTransaction('b', trxId, { transform: {}, time: 1 });
  await storage.savePendingTransaction('c', 't', { transform: {}, time: 1 });
  await storage.promotePendingTransaction('b', 't', { transform: { delete: true }, rev: 4 });
  same(await storage.getPendingTransaction('b', 't'), undefined, 'the promoted pending');
  same(await storage.getTransaction('b', 't'), { transform: { delete: true }, rev: 4 }, 'the transaction');
  same((await storage.getPendingTransaction('b', 'u'))?.time, 1, 'another transaction on the block');
  same((await storage.getPendingTransaction('c', 't'))?.time, 1, 'the transaction on another block');
});
