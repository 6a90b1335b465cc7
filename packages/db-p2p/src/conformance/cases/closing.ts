import { ok, rejects, same } from '../assertions.js';
import { cases } from '../case.js';
import { block, collect, draft, listedRevs } from '../samples.js';

/** Closing, under load too. */
export const closingCases = cases('closing');

closingCases('answers every call with a StoreClosedError once it is closed', async bench => {
  const storage = await bench.open();
  await storage.close();
  const calls: (() => unknown)[] = [
    () => storage.getMetadata('b'),
    () => storage.getMetadataMany(['b']),
    () => storage.getRevision('b', 1),
    () => storage.getPendingTransaction('b', 't'),
    () => storage.getTransaction('b', 't'),
    () => storage.getMaterializedBlock('b', 't'),
    () => collect(storage.listRevisions('b', 1, 2)),
    () => collect(storage.listPendingTransactions('b')),
    () => collect(storage.listBlockIds()),
    () => collect(storage.readLog()),
    () => storage.logGrowth(0),
    () => storage.saveMetadata('b', { ranges: [] }),
    () => storage.batch().deleteRevision('b', 1).write(),
    () => storage.estimateSize(),
  ];
  for (const [i, call] of calls.entries()) await rejects(call, ['store-closed'], `call ${i}`);
});

closingCases('closes twice, and at once, without complaint', async bench => {
  const storage = await bench.open();
  await Promise.all([storage.close(), storage.close()]);
  await storage.close();
});

closingCases('says that it closes through its signal', async bench => {
  const storage = await bench.open();
  const { closing } = storage;
  same(closing.aborted, false, 'the signal before');
  await storage.close();
  same(closing.aborted, true, 'the signal after');
});

closingCases('closes at the end of an `await using`', async bench => {
  const storage = await bench.open();
  await storage[Symbol.asyncDispose]();
  await rejects(() => storage.getMetadata('b'), ['store-closed'], 'a read after it');
});

closingCases(
  'settles every write that was under way, and keeps what it acknowledged',
  async bench => {
    let storage = await bench.open();
    for (let round = 0; round < 5; round++) {
      const base = round * 100;
      const writes = Array.from({ length: 60 }, (_, i) => storage.saveRevision('b', base + i + 1, { trxId: 't' }));
      const settled = Promise.allSettled(writes);
      for (let tick = 0; tick < round; tick++) await Promise.resolve();
      const [outcomes] = await Promise.all([settled, storage.close()]);
      storage = await bench.openAgain(storage);
      const held = new Set(await listedRevs(storage, 'b', base + 1, base + 60));
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled')
          ok(held.has(base + i + 1), `revision ${base + i + 1} was acknowledged, and is gone`);
      }
    }
  },
  ['persistence'],
);

closingCases(
  'tears no batch that was under way',
  async bench => {
    let storage = await bench.open();
    const ids = Array.from({ length: 10 }, (_, i) => `b${i}`);
    const writes = Array.from({ length: 30 }, (_, i) => {
      const batch = storage.batch();
      for (const id of ids) batch.saveRevision(id, i + 1, { trxId: `t${i}` });
      return batch.appendLog(draft(`t${i}`, i + 1, ids)).write();
    });
    const [outcomes] = await Promise.all([Promise.allSettled(writes), storage.close()]);
    storage = await bench.openAgain(storage);
    const held = await Promise.all(ids.map(id => listedRevs(storage, id, 1, 100)));
    for (const revs of held) same(revs, held[0], 'the revisions of one block, against those of the first');
    same(
      (await collect(storage.readLog())).map(({ rev }) => rev),
      held[0],
      'the log, against the revisions',
    );
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length;
    ok((held[0]?.length ?? 0) >= acknowledged, 'an acknowledged batch is gone');
  },
  ['persistence'],
);

closingCases('settles every read that was under way', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  for (let i = 0; i < 50; i++) batch.saveMaterializedBlock('b', `t${i}`, block('b', { i }));
  await batch.write();
  const reads = Array.from({ length: 50 }, async (_, i) => storage.getMaterializedBlock('b', `t${i}`));
  const [outcomes] = await Promise.all([Promise.allSettled(reads), storage.close()]);
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') same(outcome.value?.i, i, `copy ${i}`);
    else same((outcome.reason as { code?: string }).code, 'store-closed', `the failure of read ${i}`);
  }
});

closingCases('ends a list that is read while it closes, whole or with an error, never short', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 3 } });
  const batch = storage.batch();
  for (let rev = 1; rev <= 60; rev++) batch.saveRevision('b', rev, { trxId: 't' });
  await batch.write();
  let listed = 0;
  let closed: Promise<void> | undefined;
  const [outcome] = await Promise.allSettled([
    (async () => {
      for await (const _ of storage.listRevisions('b', 1, 100)) if (++listed === 5) closed = storage.close();
    })(),
  ]);
  await closed;
  if (outcome.status === 'fulfilled') same(listed, 60, 'a list that ended without an error');
  else same((outcome.reason as { code?: string }).code, 'store-closed', 'the error of the list');
});

closingCases('wakes who waits for the log to grow', async bench => {
  const storage = await bench.open();
  const growth = rejects(() => storage.logGrowth(0), ['store-closed'], 'the wait');
  await Promise.resolve();
  await storage.close();
  await growth;
});

closingCases(
  'opens again after it was closed, and goes on',
  async bench => {
    const storage = await bench.open();
    await storage.saveMetadata('b', { ranges: [[1]] });
    await storage.close();
    await storage.open();
    same((await storage.getMetadata('b'))?.ranges, [[1]], 'the head');
    await storage.saveMetadata('b', { ranges: [[2]] });
    same((await storage.getMetadata('b'))?.ranges, [[2]], 'the head after');
  },
  ['persistence'],
);
