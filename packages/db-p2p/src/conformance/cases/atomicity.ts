import { ok, present, same } from '../assertions.js';
import { cases } from '../case.js';
import { beside, block, draft } from '../samples.js';

/** All of a batch or nothing of it, to every reader (INV-2). */
export const atomicityCases = cases('atomicity (INV-2)');

const IDS = Array.from({ length: 10 }, (_, i) => `b${i}`);

for (const cacheBytesMax of [0, 1 << 20]) {
  const how = cacheBytesMax === 0 ? 'without a cache' : 'with a cache';

  atomicityCases(`shows readers of several heads all of a batch or nothing, ${how}`, async bench => {
    const storage = await bench.open({ cacheBytesMax });
    const writer = async () => {
      for (let version = 1; version <= 60; version++) {
        const batch = storage.batch();
        const head = Object.freeze({ ranges: Object.freeze([]) as never[], copyBytes: version });
        for (const id of IDS) batch.saveMetadata(id, head);
        await batch.write();
      }
    };
    const makeReader = () => {
      let last = 0;
      return async () => {
        const versions = new Set((await storage.getMetadataMany(IDS)).map(head => head?.copyBytes ?? 0));
        same(versions.size, 1, 'the versions that one read saw');
        const [version = 0] = versions;
        ok(version >= last, 'a read went back in time');
        last = version;
      };
    };
    await beside(writer, makeReader(), makeReader(), makeReader());
  });
}

atomicityCases('shows the log entry of a batch only with its records', async bench => {
  const storage = await bench.open();
  const writes: Promise<unknown>[] = [];
  for (let rev = 1; rev <= 40; rev++) {
    const batch = storage.batch();
    for (const id of IDS) batch.saveRevision(id, rev, { trxId: `t${rev}` });
    writes.push(batch.appendLog(draft(`t${rev}`, rev, IDS)).write());
  }
  for (let seen = 0; seen < 40;) {
    await storage.logGrowth(seen);
    seen = storage.logSeq;
    for (const id of IDS) ok((await storage.getRevision(id, seen)) !== undefined, `entry ${seen} came before ${id}`);
  }
  await Promise.all(writes);
});

atomicityCases('has written everything of a batch when it resolves', async bench => {
  const storage = await bench.open();
  const batch = storage.batch();
  for (let i = 0; i < 300; i++) batch.saveMaterializedBlock(`b${i}`, 't', block(`b${i}`, { i }));
  await batch.write();
  for (let i = 0; i < 300; i++) present(await storage.getMaterializedBlock(`b${i}`, 't'), `copy ${i}`);
});

atomicityCases(
  'holds all of a batch or nothing of it after the engine failed in its midst, and takes no more until it is reopened (INV-7)',
  async bench => {
    let storage = await bench.open();
    await storage.saveRevision('kept', 1, { trxId: 't' });
    await bench.failNextWrite(storage);
    const batch = storage.batch();
    for (const id of IDS) batch.saveRevision(id, 1, { trxId: 't' });
    const [outcome] = await Promise.allSettled([batch.write()]);
    same(outcome.status, 'rejected', 'the write');
    same((await storage.getRevision('kept', 1))?.trxId, 't', 'a read after the failure');
    storage = await bench.reopen(storage);
    const held = await Promise.all(IDS.map(async id => storage.getRevision(id, 1)));
    same(new Set(held.map(revision => revision !== undefined)).size, 1, 'the fates of the records of one batch');
    same((await storage.getRevision('kept', 1))?.trxId, 't', 'what was acknowledged before');
  },
  ['failing-writes', 'persistence'],
);

atomicityCases(
  'acknowledges nothing after a failed write until it is reopened (INV-7)',
  async bench => {
    let storage = await bench.open();
    await bench.failNextWrite(storage);
    const [failed] = await Promise.allSettled([storage.saveRevision('b', 1, { trxId: 't' })]);
    same(failed.status, 'rejected', 'the write that the engine failed');
    const outcome = (failed as { reason?: { outcome?: string } }).reason?.outcome;
    if (outcome !== 'nothing-written') {
      const [next] = await Promise.allSettled([storage.saveRevision('b', 2, { trxId: 't' })]);
      same((next as { reason?: { code?: string } }).reason?.code, 'store-poisoned', 'the write after it');
    }
    storage = await bench.reopen(storage);
    await storage.saveRevision('b', 3, { trxId: 't' });
    same((await storage.getRevision('b', 3))?.trxId, 't', 'a write after reopening');
  },
  ['failing-writes', 'persistence'],
);
