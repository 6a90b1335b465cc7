import { ok, present, same } from '../assertions.js';
import { cases } from '../case.js';
import { block, collect, draft, listedRevs, noise } from '../samples.js';

/** What was acknowledged is there when the store is opened again (INV-1). */
export const durabilityCases = cases('durability (INV-1)');

for (const durability of ['strict', 'relaxed'] as const) {
  const needs = durability === 'relaxed' ? (['persistence', 'relaxed'] as const) : (['persistence'] as const);

  durabilityCases(
    `finds records of every kind again, in a ${durability} store`,
    async bench => {
      let storage = await bench.open({ durability });
      const stored = block('b', { bytes: noise(1_000), text: '\u{1F600}' });
      const pending = {
        transform: { updates: [['text', -1, 0, 'x']] as [string, number, number, unknown][] },
        time: 3,
      };
      await storage
        .batch()
        .saveMetadata('b', { ranges: [[1]], latest: { trxId: 't', rev: 1 }, pendings: ['p'] })
        .saveRevision('b', 1, { trxId: 't', base: 0 })
        .saveTransaction('b', 't', { transform: { insert: stored }, rev: 1 })
        .saveMaterializedBlock('b', 't', stored)
        .savePendingTransaction('b', 'p', pending)
        .appendLog(draft('t', 1, ['b']))
        .write();
      storage = await bench.reopen(storage);
      same(
        await storage.getMetadata('b'),
        { ranges: [[1]], latest: { trxId: 't', rev: 1 }, pendings: ['p'] },
        'the head',
      );
      same(await storage.getRevision('b', 1), { trxId: 't', base: 0 }, 'the revision');
      same(await storage.getTransaction('b', 't'), { transform: { insert: stored }, rev: 1 }, 'the transaction');
      same(await storage.getMaterializedBlock('b', 't'), stored, 'the copy');
      same(await storage.getPendingTransaction('b', 'p'), pending, 'the pending');
      same(
        (await collect(storage.readLog())).map(({ trxId }) => trxId),
        ['t'],
        'the log',
      );
      same(await collect(storage.listBlockIds()), ['b'], 'the blocks');
    },
    needs,
  );

  durabilityCases(
    `finds everything again after several lives, in a ${durability} store`,
    async bench => {
      let storage = await bench.open({ durability });
      for (let life = 1; life <= 5; life++) {
        for (let i = 0; i < 10; i++) await storage.saveRevision('b', 10 * life + i, { trxId: `t${life}` });
        await storage.savePendingTransaction('b', `p${life}`, { transform: {}, time: life });
        if (life > 1) await storage.deletePendingTransaction('b', `p${life - 1}`);
        storage = await bench.reopen(storage);
      }
      same((await listedRevs(storage, 'b', 1, 1_000)).length, 50, 'the revisions');
      same(
        (await collect(storage.listPendingTransactions('b'))).map(({ trxId }) => trxId),
        ['p5'],
        'the pendings',
      );
    },
    needs,
  );
}

durabilityCases(
  'does not bring back what was deleted',
  async bench => {
    let storage = await bench.open();
    await storage.savePendingTransaction('b', 't', { transform: {}, time: 0 });
    await storage.saveMaterializedBlock('b', 't', block('b'));
    await storage.saveRevision('b', 4, { trxId: 't' });
    storage = await bench.reopen(storage);
    await storage
      .batch()
      .deletePendingTransaction('b', 't')
      .deleteMaterializedBlock('b', 't')
      .deleteRevision('b', 4)
      .write();
    for (let life = 1; life <= 2; life++) {
      storage = await bench.reopen(storage);
      same(await storage.getPendingTransaction('b', 't'), undefined, 'the pending');
      same(await storage.getMaterializedBlock('b', 't'), undefined, 'the copy');
      same(await listedRevs(storage, 'b', 1, 9), [], 'the revisions');
    }
  },
  ['persistence'],
);

durabilityCases(
  'holds the last version of a record that was written many times, in this life and the one before',
  async bench => {
    let storage = await bench.open();
    for (let i = 0; i < 100; i++) await storage.saveMetadata('b', { ranges: [], copyBytes: i });
    storage = await bench.reopen(storage);
    same((await storage.getMetadata('b'))?.copyBytes, 99, 'the head');
    for (let i = 100; i < 150; i++) await storage.saveMetadata('b', { ranges: [], copyBytes: i });
    storage = await bench.reopen(storage);
    same((await storage.getMetadata('b'))?.copyBytes, 149, 'the head');
  },
  ['persistence'],
);

durabilityCases(
  'finds large records again',
  async bench => {
    let storage = await bench.open();
    const blocks = Array.from({ length: 4 }, (_, i) => block('b', { bytes: noise(1_500_000, i + 1) }));
    for (const [i, one] of blocks.entries()) await storage.saveMaterializedBlock('b', `t${i}`, one);
    storage = await bench.reopen(storage);
    for (const [i, one] of blocks.entries()) same(await storage.getMaterializedBlock('b', `t${i}`), one, `copy ${i}`);
  },
  ['persistence'],
);

durabilityCases('counts what it holds in bytes, about', async bench => {
  const storage = await bench.open();
  await storage.saveMaterializedBlock('b', 't', block('b', { bytes: noise(100_000) }));
  const bytes = await storage.estimateSize();
  ok(Number.isFinite(bytes) && bytes >= 0, `its size is ${bytes}`);
});

durabilityCases('starts a new store empty, beside others', async bench => {
  const first = await bench.open();
  await first.saveMetadata('b', { ranges: [[1]] });
  const second = await bench.open();
  same(await second.getMetadata('b'), undefined, 'a head in the other store');
  await second.saveMetadata('b', { ranges: [[2]] });
  present(await first.getMetadata('b'), 'the head in the first store');
  same((await first.getMetadata('b'))?.ranges, [[1]], 'the head in the first store');
});
