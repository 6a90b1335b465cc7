import { ok, present, same } from '../assertions.js';
import { cases } from '../case.js';
import { collect, listedRevs, seeded } from '../samples.js';

/** Listings: ranges of sparse revisions, pages, ends, directions. */
export const scanCases = cases('ranges and scans');

const MAX = Number.MAX_SAFE_INTEGER;
const SPARSE = [
  1,
  2,
  9,
  10,
  11,
  99,
  100,
  255,
  256,
  1_000,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 40 + 1,
  MAX - 1,
  MAX,
];

type Storage = Parameters<typeof listedRevs>[0];

async function saveRevisions(storage: Storage, blockId: string, revs: readonly number[]): Promise<void> {
  const batch = storage.batch();
  for (const rev of revs) batch.saveRevision(blockId, rev, { trxId: `t${rev}` });
  await batch.write();
}

scanCases('lists sparse revisions in the order of their numbers, from 1 to 2^53 - 1', async bench => {
  const storage = await bench.open();
  await saveRevisions(storage, 'b', [...SPARSE].reverse());
  same(await listedRevs(storage, 'b', 1, MAX), SPARSE, 'ascending');
});

scanCases('lists them in descending order where the start is above the end', async bench => {
  const storage = await bench.open();
  await saveRevisions(storage, 'b', SPARSE);
  same(await listedRevs(storage, 'b', MAX, 1), [...SPARSE].reverse(), 'descending');
});

scanCases('gives each revision with its record', async bench => {
  const storage = await bench.open();
  await storage.saveRevision('b', 7, { trxId: 't', base: 3, checkpoint: true });
  same(
    await collect(storage.listRevisions('b', 1, 9)),
    [{ rev: 7, trxId: 't', base: 3, checkpoint: true }],
    'the list',
  );
});

scanCases('includes both ends, in both directions', async bench => {
  const storage = await bench.open();
  await saveRevisions(storage, 'b', [3, 4, 5, 6, 7]);
  same(await listedRevs(storage, 'b', 4, 6), [4, 5, 6], 'ascending');
  same(await listedRevs(storage, 'b', 6, 4), [6, 5, 4], 'descending');
  same(await listedRevs(storage, 'b', 5, 5), [5], 'one revision');
});

scanCases('lists between ends that are not held themselves', async bench => {
  const storage = await bench.open();
  await saveRevisions(storage, 'b', [3, 7, 1_000]);
  same(await listedRevs(storage, 'b', 4, 999), [7], 'ascending');
  same(await listedRevs(storage, 'b', 999, 4), [7], 'descending');
  same(await listedRevs(storage, 'b', 8, 999), [], 'nothing between');
  same(await listedRevs(storage, 'b', 1_001, MAX), [], 'nothing above');
  same(await listedRevs(storage, 'b', 2, 1), [], 'nothing below');
  same(await listedRevs(storage, 'none', 1, MAX), [], 'nothing of a block that is not there');
});

scanCases('stops at the limit, in both directions', async bench => {
  const storage = await bench.open();
  await saveRevisions(storage, 'b', SPARSE);
  same(await listedRevs(storage, 'b', 1, MAX, 3), [1, 2, 9], 'the first three');
  same(await listedRevs(storage, 'b', MAX, 1, 2), [MAX, MAX - 1], 'the last two');
  same(await listedRevs(storage, 'b', 1, MAX, 1_000), SPARSE, 'a limit above the number of revisions');
  same(await listedRevs(storage, 'b', 10, MAX, 1), [10], 'one');
});

scanCases('pages through many revisions without a gap and without a repeat, in both directions', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 7 } });
  const revs = Array.from({ length: 200 }, (_, i) => 3 * i + 1);
  await saveRevisions(storage, 'b', revs);
  same(await listedRevs(storage, 'b', 1, MAX), revs, 'ascending');
  same(await listedRevs(storage, 'b', MAX, 1), [...revs].reverse(), 'descending');
  same(await listedRevs(storage, 'b', 2, 598, 150), revs.slice(1, 151), 'from the middle');
});

scanCases('lists the revisions of one block only, whatever its neighbours are called', async bench => {
  const storage = await bench.open();
  const ids = ['a', 'aa', 'a\0', 'a\0\0', 'b', '', 'A', 'a/', '\u{1F600}'].filter(id => id !== '');
  for (const [i, id] of ids.entries()) await saveRevisions(storage, id, [i + 1, 500 + i]);
  for (const [i, id] of ids.entries()) {
    same(await listedRevs(storage, id, 1, MAX), [i + 1, 500 + i], `the revisions of ${JSON.stringify(id)}`);
    same(await listedRevs(storage, id, MAX, 1), [500 + i, i + 1], `those of ${JSON.stringify(id)}, descending`);
  }
});

scanCases('agrees with a sorted list for random revisions and ranges', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 50 } });
  const next = seeded(20_261_121);
  const revs = [...new Set(Array.from({ length: 500 }, () => 1 + Math.floor(next() ** 8 * (MAX - 1))))];
  await saveRevisions(storage, 'b', revs);
  const sorted = revs.sort((a, b) => a - b);
  for (let i = 0; i < 50; i++) {
    const low = sorted[Math.floor(next() * sorted.length)] ?? 1;
    const high = Math.min(MAX, low + Math.floor(next() ** 8 * MAX));
    const expected = sorted.filter(rev => rev >= low && rev <= high);
    same(await listedRevs(storage, 'b', low, high), expected, `${low} to ${high}`);
    same(await listedRevs(storage, 'b', high, low), expected.reverse(), `${high} down to ${low}`);
  }
});

scanCases('no longer lists a revision that was deleted', async bench => {
  const storage = await bench.open();
  await saveRevisions(storage, 'b', [1, 2, 3]);
  same(await listedRevs(storage, 'b', 1, 9), [1, 2, 3], 'before');
  await storage.batch().deleteRevision('b', 2).write();
  same(await listedRevs(storage, 'b', 1, 9), [1, 3], 'after');
  await storage.saveRevision('b', 2, { trxId: 'again' });
  same(await listedRevs(storage, 'b', 1, 9), [1, 2, 3], 'written again');
});

scanCases('lists every revision that was there before it began, while others are written', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 5 } });
  const revs = Array.from({ length: 100 }, (_, i) => 10 * (i + 1));
  await saveRevisions(storage, 'b', revs);
  const listed: number[] = [];
  const writes: Promise<void>[] = [];
  for await (const { rev } of storage.listRevisions('b', 1, MAX)) {
    listed.push(rev);
    if (listed.length % 10 === 0) writes.push(storage.saveRevision('b', 5_000 - listed.length, { trxId: 'late' }));
  }
  await Promise.all(writes);
  ok(
    revs.every(rev => listed.includes(rev)),
    'a revision that was there is missing from the list',
  );
  ok(
    listed.every((rev, i) => i === 0 || rev > (listed[i - 1] ?? 0)),
    'the list is out of order, or repeats',
  );
});

scanCases('can be left early, again and again, and the store still closes', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 2 } });
  await saveRevisions(storage, 'b', [1, 2, 3, 4, 5, 6, 7]);
  await storage.saveMetadata('b', { ranges: [] });
  for (let i = 0; i < 100; i++) {
    for await (const { rev } of storage.listRevisions('b', 1, MAX)) if (rev === 3) break;
    for await (const _ of storage.listBlockIds()) break;
  }
  await storage.close();
});

scanCases('lists the pending transactions of one block, with their records', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 3 } });
  const trxIds = [
    't',
    'tt',
    'T',
    '__proto__',
    'a/b',
    '\0',
    '\u{1F600}',
    ...Array.from({ length: 60 }, (_, i) => `trx${i}`),
  ];
  const batch = storage.batch();
  for (const [i, trxId] of trxIds.entries()) batch.savePendingTransaction('b', trxId, { transform: {}, time: i });
  await batch
    .savePendingTransaction('bb', 't', { transform: {}, time: 99 })
    .saveTransaction('b', 'x', { transform: {}, rev: 1 })
    .write();
  const listed = await collect(storage.listPendingTransactions('b'));
  same(listed.map(({ trxId }) => trxId).sort(), [...trxIds].sort(), 'the ids');
  for (const { trxId, pending } of listed)
    same(pending.time, trxIds.indexOf(trxId), `the record of ${JSON.stringify(trxId)}`);
  same((await collect(storage.listPendingTransactions('bb'))).length, 1, 'the pendings of the other block');
  same(await collect(storage.listPendingTransactions('none')), [], 'the pendings of no block');
});

scanCases('no longer lists pending transactions that were deleted or promoted', async bench => {
  const storage = await bench.open();
  for (const trxId of ['a', 'b', 'c']) await storage.savePendingTransaction('x', trxId, { transform: {}, time: 0 });
  await storage.deletePendingTransaction('x', 'a');
  await storage.promotePendingTransaction('x', 'b', { transform: {}, rev: 1 });
  same(
    (await collect(storage.listPendingTransactions('x'))).map(({ trxId }) => trxId),
    ['c'],
    'the ids',
  );
});

scanCases('lists each block that has a head once, and no other', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 7 } });
  const ids = Array.from({ length: 100 }, (_, i) => `block ${i}`);
  const batch = storage.batch();
  for (const id of ids) batch.saveMetadata(id, { ranges: [] });
  await batch
    .saveRevision('no head', 1, { trxId: 't' })
    .savePendingTransaction('none', 't', { transform: {}, time: 0 })
    .write();
  same((await collect(storage.listBlockIds())).sort(), [...ids].sort(), 'the ids');
});

scanCases('lists blocks in one stable order, which `after` and `limit` page through', async bench => {
  const storage = await bench.open({ limits: { pageRecordsMax: 4 } });
  const batch = storage.batch();
  for (let i = 0; i < 60; i++) batch.saveMetadata(`${(i * 37) % 60}`, { ranges: [] });
  await batch.write();
  const all = await collect(storage.listBlockIds());
  same(await collect(storage.listBlockIds()), all, 'the order the second time');
  const paged: string[] = [];
  for (let after = all[0]; after !== undefined;) {
    const page: string[] = await collect(storage.listBlockIds({ after, limit: 9 }));
    ok(page.length <= 9, 'a page is longer than its limit');
    paged.push(...page);
    after = page.at(-1);
  }
  same([present(all[0], 'the first id'), ...paged], all, 'the pages');
});

scanCases('lists nothing in an empty store', async bench => {
  const storage = await bench.open();
  same(await collect(storage.listBlockIds()), [], 'the blocks');
  same(await collect(storage.readLog()), [], 'the log');
  same(await collect(storage.listRevisions('b', 1, MAX)), [], 'the revisions');
});
