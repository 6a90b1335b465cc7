import { same } from '../assertions.js';
import { cases } from '../case.js';
import { block, collect, HOSTILE_IDS, listedRevs } from '../samples.js';
import type { IRawStorage } from '../../storage/raw-storage.js';

/** Every well-formed string of 1 to 256 bytes is an id like any other, and no two of them are one. */
export const hostileIdCases = cases('hostile ids');

const MAX = Number.MAX_SAFE_INTEGER;

async function save(storage: IRawStorage, blockId: string, trxId: string, n: number): Promise<void> {
  await storage
    .batch()
    .saveMetadata(blockId, { ranges: [], copyBytes: n })
    .saveRevision(blockId, n, { trxId })
    .savePendingTransaction(blockId, trxId, { transform: {}, time: n })
    .saveTransaction(blockId, trxId, { transform: {}, rev: n })
    .saveMaterializedBlock(blockId, trxId, block(blockId, { n }))
    .write();
}

async function check(storage: IRawStorage, blockId: string, trxId: string, n: number): Promise<void> {
  same((await storage.getMetadata(blockId))?.copyBytes, n, 'the head');
  same(await listedRevs(storage, blockId, 1, MAX), [n], 'the revisions');
  same(await storage.getRevision(blockId, n), { trxId }, 'the revision');
  same((await storage.getPendingTransaction(blockId, trxId))?.time, n, 'the pending');
  same((await storage.getTransaction(blockId, trxId))?.rev, n, 'the transaction');
  same(await storage.getMaterializedBlock(blockId, trxId), block(blockId, { n }), 'the copy');
  same(
    (await collect(storage.listPendingTransactions(blockId))).map(listed => listed.trxId),
    [trxId],
    'the listed pendings',
  );
}

for (const [what, id] of HOSTILE_IDS) {
  hostileIdCases(`takes ${what} for an id: ${show(id)}`, async bench => {
    const storage = await bench.open();
    await save(storage, id, id, 7);
    await check(storage, id, id, 7);
    same(await collect(storage.listBlockIds()), [id], 'the blocks');
    await storage
      .batch()
      .deletePendingTransaction(id, id)
      .deleteMaterializedBlock(id, id)
      .deleteRevision(id, 7)
      .write();
    same(await storage.getPendingTransaction(id, id), undefined, 'the deleted pending');
    same(await storage.getMaterializedBlock(id, id), undefined, 'the deleted copy');
    same(await storage.getRevision(id, 7), undefined, 'the deleted revision');
    same((await storage.getTransaction(id, id))?.rev, 7, 'the transaction that stayed');
  });
}

hostileIdCases(
  'keeps all of them apart as blocks of one store, reopened too',
  async bench => {
    let storage = await bench.open();
    for (const [i, [, id]] of HOSTILE_IDS.entries()) await save(storage, id, 't', i + 1);
    for (let life = 1; life <= 2; life++) {
      for (const [i, [, id]] of HOSTILE_IDS.entries()) await check(storage, id, 't', i + 1);
      same((await collect(storage.listBlockIds())).sort(), HOSTILE_IDS.map(([, id]) => id).sort(), 'the blocks');
      storage = await bench.reopen(storage);
    }
  },
  ['persistence'],
);

hostileIdCases('keeps all of them apart as transactions of one block', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  for (const [i, [, id]] of HOSTILE_IDS.entries()) {
    batch.savePendingTransaction('b', id, { transform: {}, time: i });
    batch.saveTransaction('b', id, { transform: {}, rev: i + 1 });
    batch.saveMaterializedBlock('b', id, block('b', { i }));
  }
  await batch.write();
  for (const [i, [, id]] of HOSTILE_IDS.entries()) {
    same((await storage.getPendingTransaction('b', id))?.time, i, `the pending ${show(id)}`);
    same((await storage.getTransaction('b', id))?.rev, i + 1, `the transaction ${show(id)}`);
    same((await storage.getMaterializedBlock('b', id))?.i, i, `the copy ${show(id)}`);
  }
  const listed = (await collect(storage.listPendingTransactions('b'))).map(({ trxId }) => trxId);
  same(listed.sort(), HOSTILE_IDS.map(([, id]) => id).sort(), 'the pendings');
});

hostileIdCases('changes no prototype', async bench => {
  const storage = await bench.open();
  for (const id of ['__proto__', 'constructor', 'prototype']) {
    await save(storage, id, id, 3);
    await storage
      .batch()
      .appendLog({ kind: 'commit', trxId: id, rev: 3, blockIds: [id], time: 0 })
      .write();
  }
  same(Object.keys(Object.prototype), [], 'the keys of every object');
  same(({} as { n?: unknown }).n, undefined, 'a field of every object');
});

function show(id: string): string {
  const text = JSON.stringify(id);
  return text.length > 40 ? `${text.slice(0, 20)}… (${id.length} units)` : text;
}
