import { ok, present, same } from '../assertions.js';
import { cases } from '../case.js';
import { collect, draft } from '../samples.js';
import type { IRawStorage } from '../../storage/raw-storage.js';

/** The commit log: numbered without a hole, each entry bound to the one before. */
export const commitLogCases = cases('commit log (INV-3)');

async function append(storage: IRawStorage, ...revs: number[]): Promise<void> {
  for (const rev of revs)
    await storage
      .batch()
      .appendLog(draft(`t${rev}`, rev, ['b']))
      .write();
}

commitLogCases('numbers entries from 1 without a hole, and keeps every field', async bench => {
  const storage = await bench.open();
  same(storage.logSeq, 0, 'an empty log');
  await storage
    .batch()
    .appendLog({ kind: 'restore', trxId: '__proto__', rev: 2 ** 53 - 1, blockIds: ['a\0', 'b'], time: 5 })
    .write();
  await append(storage, 2, 3);
  const [first, ...rest] = await collect(storage.readLog());
  const { prev, ...fields } = present(first, 'the first entry');
  same(
    fields,
    { seq: 1, kind: 'restore', trxId: '__proto__', rev: 2 ** 53 - 1, blockIds: ['a\0', 'b'], time: 5 },
    'the first entry',
  );
  same(prev, new Uint8Array(32), 'what the first entry is bound to');
  same(
    rest.map(({ seq, kind }) => [seq, kind]),
    [
      [2, 'commit'],
      [3, 'commit'],
    ],
    'the others',
  );
  same(storage.logSeq, 3, 'the end of the log');
});

commitLogCases('takes several entries in one batch, in order', async bench => {
  const storage = await bench.open();
  const logged = await storage
    .batch()
    .appendLog(draft('a', 1, ['x']))
    .appendLog(draft('b', 2, ['y']))
    .write();
  same(
    logged.map(({ seq, trxId }) => [seq, trxId]),
    [
      [1, 'a'],
      [2, 'b'],
    ],
    'what was logged',
  );
  same(await collect(storage.readLog()), logged, 'the log');
});

commitLogCases('reads on behind a number, up to a limit', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 3 } });
  await append(storage, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  const seqs = async (options: { from?: number; limit?: number }) =>
    (await collect(storage.readLog(options))).map(({ seq }) => seq);
  same(await seqs({ from: 7 }), [8, 9, 10], 'behind 7');
  same(await seqs({ from: 2, limit: 4 }), [3, 4, 5, 6], 'four behind 2');
  same(await seqs({ from: 10 }), [], 'behind the last');
  same(await seqs({ from: 99 }), [], 'behind what is not there');
  same((await seqs({})).length, 10, 'all');
});

commitLogCases('binds each entry to the digest of the one before it', async bench => {
  const storage = await bench.open();
  await append(storage, 1, 2, 3, 4);
  const digests = (await collect(storage.readLog())).map(({ prev }) => prev);
  for (const [i, digest] of digests.entries()) {
    same(digest.length, 32, `the length of digest ${i}`);
    if (i > 0)
      ok(
        digest.some((byte, at) => byte !== digests[i - 1]?.[at]),
        `digest ${i} is the one before it`,
      );
  }
});

commitLogCases(
  'goes on with its numbers and digests after it was reopened',
  async bench => {
    let storage = await bench.open();
    await append(storage, 1, 2, 3);
    const before = await collect(storage.readLog());
    storage = await bench.reopen(storage);
    same(storage.logSeq, 3, 'the end of the log');
    same(await collect(storage.readLog()), before, 'the log');
    await append(storage, 4);
    storage = await bench.reopen(storage);
    await append(storage, 5);
    const after = await collect(storage.readLog());
    same(
      after.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
      'the numbers',
    );
    same(after.slice(0, 3), before, 'what was logged before');
    const zeroes = new Uint8Array(32);
    for (const { seq, prev } of after.slice(1))
      ok(
        prev.some((byte, at) => byte !== zeroes[at]),
        `entry ${seq} is bound to nothing`,
      );
  },
  ['persistence'],
);

commitLogCases(
  'binds the entry after a reopening to the digest that it would have had without',
  async bench => {
    const run = async (reopening: boolean) => {
      let storage = await bench.open();
      await append(storage, 1, 2);
      if (reopening) storage = await bench.reopen(storage);
      await append(storage, 3);
      return (await collect(storage.readLog())).map(({ prev }) => prev);
    };
    same(await run(true), await run(false), 'the digests');
  },
  ['persistence'],
);

commitLogCases('numbers entries without a hole while many are written at once', async bench => {
  const storage = await bench.open();
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => {
      const batch = storage.batch().saveRevision('b', i + 1, { trxId: `t${i}` });
      return (i % 3 === 0 ? batch : batch.appendLog(draft(`t${i}`, i + 1, ['b']))).write();
    }),
  );
  const seqs = (await collect(storage.readLog())).map(({ seq }) => seq);
  same(
    seqs,
    Array.from({ length: 66 }, (_, i) => i + 1),
    'the numbers',
  );
});

commitLogCases('tells who waits that it has grown', async bench => {
  const storage = await bench.open();
  const waits = [storage.logGrowth(0), storage.logGrowth(0)];
  await append(storage, 1);
  await Promise.all(waits);
  await storage.logGrowth(0);
  const next = storage.logGrowth(1);
  await append(storage, 2);
  await next;
  same(storage.logSeq, 2, 'the end of the log');
});

commitLogCases('grows by nothing when nothing is logged', async bench => {
  const storage = await bench.open();
  await storage.saveMetadata('b', { ranges: [] });
  await storage.saveRevision('b', 1, { trxId: 't' });
  same(storage.logSeq, 0, 'the end of the log');
  same(await collect(storage.readLog()), [], 'the log');
});
