import { same } from '../assertions.js';
import { cases } from '../case.js';
import { block } from '../samples.js';

/** Many versions of one block, and many blocks of one transaction. */
export const versionCases = cases('versions');

const MAX = Number.MAX_SAFE_INTEGER;

versionCases('finds a revision by exactly its number, never its neighbour', async bench => {
  const storage = await bench.open();
  for (const rev of [1, 10, 100, MAX]) await storage.saveRevision('b', rev, { trxId: `t${rev}` });
  for (const rev of [2, 9, 11, 99, 101, MAX - 1])
    same(await storage.getRevision('b', rev), undefined, `revision ${rev}`);
  for (const rev of [1, 10, 100, MAX]) same((await storage.getRevision('b', rev))?.trxId, `t${rev}`, `revision ${rev}`);
});

versionCases('keeps apart revisions whose numbers agree in 32 bits, or in a double of lower precision', async bench => {
  const storage = await bench.open();
  const revs = [5, 5 + 2 ** 32, 5 + 2 ** 33, 5 + 2 ** 52, MAX, MAX - 1, MAX - 2];
  for (const rev of revs) await storage.saveRevision('b', rev, { trxId: `t${rev}` });
  for (const rev of revs) same((await storage.getRevision('b', rev))?.trxId, `t${rev}`, `revision ${rev}`);
});

versionCases('keeps a copy for each transaction of a block', async bench => {
  const storage = await bench.open();
  const versions = Array.from({ length: 50 }, (_, i) => block('b', { version: i, text: `version ${i}` }));
  for (const [i, version] of versions.entries()) await storage.saveMaterializedBlock('b', `t${i}`, version);
  for (const [i, version] of versions.entries())
    same(await storage.getMaterializedBlock('b', `t${i}`), version, `copy ${i}`);
  await storage.deleteMaterializedBlock('b', 't10');
  same(await storage.getMaterializedBlock('b', 't10'), undefined, 'the deleted copy');
  same(await storage.getMaterializedBlock('b', 't11'), versions[11], 'its neighbour');
  same(await storage.getMaterializedBlock('b', 't1'), versions[1], 'the one whose id begins alike');
});

versionCases('keeps what one transaction did to each of its blocks', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  for (let i = 0; i < 50; i++)
    batch.saveTransaction(`b${i}`, 't', { transform: { updates: [['n', -1, 0, i]] }, rev: i + 1 });
  await batch.write();
  for (let i = 0; i < 50; i++) same((await storage.getTransaction(`b${i}`, 't'))?.rev, i + 1, `block ${i}`);
});

versionCases('keeps block and transaction apart where their ids run together', async bench => {
  const storage = await bench.open();
  const pairs = [
    ['a', 'bc'],
    ['ab', 'c'],
    ['a\0', 'bc'],
    ['a', '\0bc'],
    ['a', 'b'],
    ['aa', 'b'],
    ['a', 'a'],
    ['b', 'a'],
  ] as const;
  for (const [i, [blockId, trxId]] of pairs.entries()) {
    await storage.savePendingTransaction(blockId, trxId, { transform: {}, time: i });
    await storage.saveTransaction(blockId, trxId, { transform: {}, rev: i + 1 });
    await storage.saveMaterializedBlock(blockId, trxId, block(blockId, { i }));
  }
  for (const [i, [blockId, trxId]] of pairs.entries()) {
    const where = JSON.stringify([blockId, trxId]);
    same((await storage.getPendingTransaction(blockId, trxId))?.time, i, `the pending ${where}`);
    same((await storage.getTransaction(blockId, trxId))?.rev, i + 1, `the transaction ${where}`);
    same((await storage.getMaterializedBlock(blockId, trxId))?.i, i, `the copy ${where}`);
  }
});

versionCases('writes the same record again without a trace', async bench => {
  const storage = await bench.open();
  for (let i = 0; i < 5; i++) await storage.saveRevision('b', 3, { trxId: 't', base: 1 });
  same(await storage.getRevision('b', 3), { trxId: 't', base: 1 }, 'the revision');
  let listed = 0;
  for await (const _ of storage.listRevisions('b', 1, MAX)) listed++;
  same(listed, 1, 'how often it is listed');
});
