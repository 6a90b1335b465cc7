import { ok, present, same } from '../assertions.js';
import { cases } from '../case.js';
import { beside, block, listedRevs, noise, seeded } from '../samples.js';

/** Many operations at once. */
export const concurrencyCases = cases('concurrency');

concurrencyCases('holds the records of five hundred writes that were under way together', async bench => {
  const storage = await bench.open();
  await Promise.all(Array.from({ length: 500 }, (_, i) => storage.saveRevision('b', i + 1, { trxId: `t${i}` })));
  same((await listedRevs(storage, 'b', 1, 1_000)).length, 500, 'the revisions');
});

concurrencyCases('reads many records at once, each its own', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  for (let i = 0; i < 100; i++) {
    batch.saveMaterializedBlock('b', `t${i}`, block('b', { bytes: noise(2_000, i), i }));
    batch.saveMetadata(`b${i}`, { ranges: [], copyBytes: i });
  }
  await batch.write();
  const copies = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => storage.getMaterializedBlock('b', `t${i}`)),
  );
  for (const [i, copy] of copies.entries()) same(copy, block('b', { bytes: noise(2_000, i), i }), `copy ${i}`);
  const heads = await storage.getMetadataMany(Array.from({ length: 100 }, (_, i) => `b${i}`));
  same(
    heads.map(head => head?.copyBytes),
    Array.from({ length: 100 }, (_, i) => i),
    'the heads',
  );
});

for (const cacheBytesMax of [0, 1 << 20]) {
  const how = cacheBytesMax === 0 ? 'without a cache' : 'with a cache';

  concurrencyCases(`reads what it has written, from the moment that the write resolves, ${how}`, async bench => {
    const storage = await bench.open({ cacheBytesMax });
    await Promise.all(
      Array.from({ length: 10 }, async (_, worker) => {
        for (let i = 0; i < 20; i++) {
          await storage.saveMetadata(`b${worker}`, { ranges: [], copyBytes: i });
          same((await storage.getMetadata(`b${worker}`))?.copyBytes, i, 'the head just written');
        }
      }),
    );
  });

  concurrencyCases(
    `never answers a later read with what an earlier one fetched beside a write, ${how}`,
    async bench => {
      const storage = await bench.open({ cacheBytesMax });
      for (let i = 0; i < 60; i++) {
        const early = [storage.getMetadata('b'), storage.getMetadataMany(['b', 'c'])];
        const write = storage
          .batch()
          .saveMetadata('b', { ranges: [], copyBytes: i })
          .saveMaterializedBlock('b', 't', block('b', { i }))
          .write();
        const beside = [storage.getMetadata('b'), storage.getMaterializedBlock('b', 't')];
        await write;
        same((await storage.getMetadata('b'))?.copyBytes, i, 'the head');
        await Promise.all([...early, ...beside]);
        same((await storage.getMetadata('b'))?.copyBytes, i, 'the head, after the reads beside it');
        same((await storage.getMaterializedBlock('b', 't'))?.i, i, 'the copy, after the reads beside it');
      }
    },
  );

  concurrencyCases(`reads the old or the new version beside a write, and never goes back, ${how}`, async bench => {
    const storage = await bench.open({ cacheBytesMax });
    await storage.saveMaterializedBlock('b', 't', block('b', { i: 0 }));
    const writer = async () => {
      for (let i = 1; i <= 80; i++)
        await storage.saveMaterializedBlock('b', 't', block('b', { i, pad: noise(500, i) }));
    };
    const makeReader = () => {
      let last = 0;
      return async () => {
        const read = present(await storage.getMaterializedBlock('b', 't'), 'the copy');
        const i = Number(read.i);
        ok(i >= last, `a read went back from ${last} to ${i}`);
        if (i > 0) same(read.pad, noise(500, i), `the content of version ${i}`);
        last = i;
      };
    };
    await beside(writer, makeReader(), makeReader());
  });
}

concurrencyCases('agrees with a plain map after a thousand random changes, eight at a time', async bench => {
  const storage = await bench.open({ cacheBytesMax: 20_000 });
  const next = seeded(7);
  const expected = new Map<string, number>();
  for (let round = 0; round < 125; round++) {
    const changes: Promise<void>[] = [];
    for (let i = 0; i < 8; i++) {
      const trxId = `t${Math.floor(next() * 40)}`;
      if (next() < 0.3) {
        expected.delete(trxId);
        changes.push(storage.deletePendingTransaction('b', trxId));
      } else {
        expected.set(trxId, round);
        changes.push(storage.savePendingTransaction('b', trxId, { transform: {}, time: round }));
      }
    }
    await Promise.all(changes);
    const probe = `t${Math.floor(next() * 40)}`;
    same((await storage.getPendingTransaction('b', probe))?.time, expected.get(probe), `${probe} after round ${round}`);
  }
  const found = new Map<string, number>();
  for await (const { trxId, pending } of storage.listPendingTransactions('b')) found.set(trxId, pending.time);
  same([...found].sort(), [...expected].sort(), 'what is left');
});
