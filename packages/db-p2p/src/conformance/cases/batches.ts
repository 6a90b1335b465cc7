import { ok, same } from '../assertions.js';
import { cases } from '../case.js';
import { block, collect, draft, listedRevs } from '../samples.js';

/** Batches: chained, in order, of every kind of record. */
export const batchCases = cases('batches');

batchCases('writes records of every kind at once, and gives back what it logged', async bench => {
  const storage = await bench.open();
  await storage.savePendingTransaction('b', 't', { transform: {}, time: 0 });
  await storage.saveMaterializedBlock('b', 'old', block('b'));
  const logged = await storage
    .batch()
    .saveMetadata('b', { ranges: [[1]] })
    .saveRevision('b', 1, { trxId: 't', base: 0 })
    .promotePendingTransaction('b', 't', { transform: {}, rev: 1 })
    .saveMaterializedBlock('b', 't', block('b', { n: 1 }))
    .deleteMaterializedBlock('b', 'old')
    .savePendingTransaction('b', 'next', { transform: {}, time: 1 })
    .appendLog(draft('t', 1, ['b']))
    .write();
  same(
    logged.map(({ seq, trxId }) => [seq, trxId]),
    [[1, 't']],
    'what was logged',
  );
  same(await storage.getMetadata('b'), { ranges: [[1]] }, 'the head');
  same(await storage.getRevision('b', 1), { trxId: 't', base: 0 }, 'the revision');
  same(await storage.getPendingTransaction('b', 't'), undefined, 'the promoted pending');
  same(await storage.getTransaction('b', 't'), { transform: {}, rev: 1 }, 'the transaction');
  same((await storage.getMaterializedBlock('b', 't'))?.n, 1, 'the copy');
  same(await storage.getMaterializedBlock('b', 'old'), undefined, 'the superseded copy');
  same((await storage.getPendingTransaction('b', 'next'))?.time, 1, 'the next pending');
});

batchCases('changes nothing until it is written', async bench => {
  const storage = await bench.open();
  const batch = storage
    .batch()
    .saveMetadata('b', { ranges: [] })
    .appendLog(draft('t', 1, ['b']));
  same(await storage.getMetadata('b'), undefined, 'the head before');
  same(storage.logSeq, 0, 'the log before');
  await batch.write();
  same(await storage.getMetadata('b'), { ranges: [] }, 'the head after');
});

batchCases('lets the last of two writes of one key win', async bench => {
  const storage = await bench.open();
  await storage.batch().saveRevision('b', 1, { trxId: 'first' }).saveRevision('b', 1, { trxId: 'last' }).write();
  same((await storage.getRevision('b', 1))?.trxId, 'last', 'the revision');
  await storage
    .batch()
    .saveMetadata('b', { ranges: [[1]] })
    .saveMetadata('b', { ranges: [[2]] })
    .write();
  same(await storage.getMetadata('b'), { ranges: [[2]] }, 'the head');
});

batchCases('lets a delete after a put win, and a put after a delete', async bench => {
  const storage = await bench.open();
  const pending = { transform: {}, time: 0 };
  await storage.batch().savePendingTransaction('b', 't', pending).deletePendingTransaction('b', 't').write();
  same(await storage.getPendingTransaction('b', 't'), undefined, 'put, then deleted');
  await storage.savePendingTransaction('b', 'u', { transform: {}, time: 1 });
  await storage
    .batch()
    .deletePendingTransaction('b', 'u')
    .savePendingTransaction('b', 'u', { transform: {}, time: 2 })
    .write();
  same((await storage.getPendingTransaction('b', 'u'))?.time, 2, 'deleted, then put');
});

batchCases('promotes what the same batch made pending, and takes a transaction back to pending', async bench => {
  const storage = await bench.open();
  const pending = { transform: {}, time: 0 };
  await storage
    .batch()
    .savePendingTransaction('b', 't', pending)
    .promotePendingTransaction('b', 't', { transform: {}, rev: 2 })
    .write();
  same(await storage.getPendingTransaction('b', 't'), undefined, 'the promoted pending');
  same((await storage.getTransaction('b', 't'))?.rev, 2, 'the transaction');
  await storage
    .batch()
    .promotePendingTransaction('b', 't', { transform: {}, rev: 3 })
    .savePendingTransaction('b', 't', pending)
    .write();
  same((await storage.getPendingTransaction('b', 't'))?.time, 0, 'the pending written after the promotion');
});

batchCases('writes twenty changes of one key in order, of every parity', async bench => {
  const storage = await bench.open();
  for (const length of [19, 20]) {
    const batch = storage.batch();
    for (let i = 0; i < length; i++) {
      if (i % 2 === 0) batch.saveMaterializedBlock('b', 't', block('b', { i }));
      else batch.deleteMaterializedBlock('b', 't');
    }
    await batch.write();
    const expected = length % 2 === 1 ? length - 1 : undefined;
    same((await storage.getMaterializedBlock('b', 't'))?.i, expected, `the copy after ${length} changes`);
  }
});

batchCases('writes nothing, and says so, when it is empty', async bench => {
  const storage = await bench.open();
  same(await storage.batch().write(), [], 'what was logged');
  same(storage.logSeq, 0, 'the log');
});

batchCases('writes five thousand records at once', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  for (let i = 1; i <= 5_000; i++) batch.saveRevision(`b${i % 50}`, i, { trxId: `t${i}` });
  await batch.write();
  let found = 0;
  for (let i = 0; i < 50; i++) found += (await listedRevs(storage, `b${i}`, 1, 10_000)).length;
  same(found, 5_000, 'the revisions that are listed');
});

batchCases('writes eight mebibytes at once', async bench => {
  const storage = await bench.open();
  const text = 'x'.repeat(1 << 20);
  const batch = storage.batch();
  for (let i = 0; i < 8; i++) batch.saveMaterializedBlock('b', `t${i}`, block('b', { text, i }));
  ok(batch.byteLength > 8 << 20, 'its byteLength is below its content');
  await batch.write();
  for (let i = 0; i < 8; i++) same((await storage.getMaterializedBlock('b', `t${i}`))?.i, i, `copy ${i}`);
});

batchCases('counts the bytes that were put', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  same(batch.byteLength, 0, 'an empty batch');
  batch.saveMaterializedBlock('b', 't', block('b', { text: 'x'.repeat(1_000) }));
  const one = batch.byteLength;
  ok(one >= 1_000, 'a thousand characters take less than a thousand bytes');
  batch.saveMaterializedBlock('b', 'u', block('b', { text: 'x'.repeat(1_000) }));
  ok(batch.byteLength >= one + 1_000, 'a second block takes nothing');
});

batchCases('keeps batches apart that are filled side by side', async bench => {
  const storage = await bench.open();
  const first = storage.batch().saveRevision('a', 1, { trxId: 'first' });
  const second = storage.batch().saveRevision('a', 2, { trxId: 'second' });
  first.saveRevision('b', 1, { trxId: 'first' });
  await second.write();
  same(await collect(storage.listRevisions('a', 1, 9)), [{ rev: 2, trxId: 'second' }], 'after the second batch');
  same(await storage.getRevision('b', 1), undefined, 'what the first batch is to write');
  await first.write();
  same(await listedRevs(storage, 'a', 1, 9), [1, 2], 'after both');
  same((await storage.getRevision('b', 1))?.trxId, 'first', 'what the first batch wrote');
});
