import { ok, same } from '../assertions.js';
import { cases } from '../case.js';
import { beside, collect, draft } from '../samples.js';

/** Batches take effect in the order they were written in. */
export const orderingCases = cases('ordering');

orderingCases('lets the batch that was written last win, however many are under way', async bench => {
  const storage = await bench.open();
  const writes = Array.from({ length: 100 }, (_, i) => storage.saveRevision('b', 1, { trxId: `t${i}` }));
  await Promise.all(writes);
  same((await storage.getRevision('b', 1))?.trxId, 't99', 'the revision');
});

orderingCases('keeps puts and deletes of one record in order, however many are under way', async bench => {
  const storage = await bench.open();
  for (const last of [40, 41]) {
    const writes: Promise<void>[] = [];
    for (let i = 0; i <= last; i++) {
      writes.push(
        i % 2 === 0
          ? storage.savePendingTransaction('b', 't', { transform: {}, time: i })
          : storage.deletePendingTransaction('b', 't'),
      );
    }
    await Promise.all(writes);
    const expected = last % 2 === 0 ? last : undefined;
    same((await storage.getPendingTransaction('b', 't'))?.time, expected, `the record after change ${last}`);
  }
});

orderingCases('resolves batches in the order they were written in', async bench => {
  const storage = await bench.open();
  const resolved: number[] = [];
  const writes = Array.from({ length: 50 }, async (_, i) => {
    await storage.saveRevision(`b${i}`, 1, { trxId: 't' });
    resolved.push(i);
  });
  await Promise.all(writes);
  same(
    resolved,
    [...resolved].sort((a, b) => a - b),
    'the order',
  );
});

orderingCases('never shows a batch without those before it', async bench => {
  const storage = await bench.open();
  const writer = async () => {
    const writes: Promise<void>[] = [];
    for (let i = 1; i <= 200; i++) {
      writes.push(storage.saveMetadata(i % 2 === 0 ? 'even' : 'odd', { ranges: [], copyBytes: i }));
      if (i % 20 === 0) await Promise.all(writes.splice(0));
    }
  };
  const reader = async () => {
    const [even, odd] = (await storage.getMetadataMany(['even', 'odd'])).map(head => head?.copyBytes ?? 0);
    ok(
      Math.abs((even ?? 0) - (odd ?? 0)) <= 1,
      `batch ${Math.max(even ?? 0, odd ?? 0)} was seen without those before it`,
    );
  };
  await beside(writer, reader, reader);
});

orderingCases('logs batches in the order they were written in', async bench => {
  const storage = await bench.open();
  const trxIds = Array.from({ length: 60 }, (_, i) => `t${i}`);
  await Promise.all(
    trxIds.map((trxId, i) =>
      storage
        .batch()
        .appendLog(draft(trxId, i + 1, ['b']))
        .write(),
    ),
  );
  same(
    (await collect(storage.readLog())).map(({ trxId }) => trxId),
    trxIds,
    'the log',
  );
});
