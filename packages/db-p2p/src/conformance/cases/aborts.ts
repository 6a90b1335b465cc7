import { codeOf, ok, rejectsWith, same } from '../assertions.js';
import { cases } from '../case.js';
import { collect, draft, noise, block } from '../samples.js';

/** An abort acts before a batch is handed to the driver, and then on all of it (INV-8). */
export const abortCases = cases('aborts (INV-8)');

abortCases('refuses a batch whose signal is aborted already, with exactly its reason', async bench => {
  const storage = await bench.open();
  for (const reason of [{ custom: true }, 'a text', 7, new RangeError('no')]) {
    const signal = AbortSignal.abort(reason);
    await rejectsWith(
      () => storage.batch().saveRevision('b', 1, { trxId: 't' }).write({ signal }),
      reason,
      'the write',
    );
  }
  same(await storage.getRevision('b', 1), undefined, 'the revision');
  await storage.saveRevision('b', 1, { trxId: 'after' });
  same((await storage.getRevision('b', 1))?.trxId, 'after', 'a write after it');
});

abortCases('gives a batch that is aborted on the way all or nothing, and its promise says which', async bench => {
  const storage = await bench.open();
  const ids = ['x', 'y', 'z'];
  for (let round = 1; round <= 30; round++) {
    const aborter = new AbortController();
    const reason = { round };
    const others = [storage.saveRevision('other', round, { trxId: 't' })];
    const batch = storage.batch();
    for (const id of ids) batch.saveRevision(id, round, { trxId: 't' });
    const write = Promise.allSettled([
      batch.appendLog(draft(`t${round}`, round, ids)).write({ signal: aborter.signal }),
    ]);
    others.push(storage.saveRevision('other', 1_000 + round, { trxId: 't' }));
    for (let tick = 0; tick < round % 7; tick++) await Promise.resolve();
    aborter.abort(reason);
    const [outcome] = await write;
    await Promise.all(others);
    const held = new Set(await Promise.all(ids.map(async id => (await storage.getRevision(id, round)) !== undefined)));
    same(held.size, 1, 'the fates of the records of one batch');
    same(held.has(true), outcome.status === 'fulfilled', 'what is held, against what was said');
    if (outcome.status === 'rejected') ok(outcome.reason === reason, 'it failed with something else than the reason');
    ok((await storage.getRevision('other', 1_000 + round)) !== undefined, 'an abort took another batch with it');
  }
  const revs = (await collect(storage.readLog())).map(({ rev }) => rev);
  for (const rev of revs)
    ok((await storage.getRevision('x', rev)) !== undefined, `the log tells of ${rev}, which is not held`);
});

abortCases('takes back a batch that waits behind a long one', async bench => {
  const storage = await bench.open();
  const long = storage.saveMaterializedBlock('b', 't', block('b', { bytes: noise(2_000_000) }));
  const aborter = new AbortController();
  const waiting = storage.batch().saveRevision('b', 1, { trxId: 't' }).write({ signal: aborter.signal });
  const settled = Promise.allSettled([waiting]);
  aborter.abort('enough');
  const [outcome] = await settled;
  await long;
  same(
    (await storage.getRevision('b', 1)) !== undefined,
    outcome.status === 'fulfilled',
    'what is held, against what was said',
  );
});

abortCases('is not touched by an abort after it resolved', async bench => {
  const storage = await bench.open();
  const aborter = new AbortController();
  await storage.batch().saveRevision('b', 1, { trxId: 't' }).write({ signal: aborter.signal });
  aborter.abort();
  await storage.saveRevision('b', 2, { trxId: 't' });
  ok((await storage.getRevision('b', 1)) !== undefined, 'the revision is gone');
});

abortCases('leaves no hole in the log where a batch was aborted', async bench => {
  const storage = await bench.open();
  const writes = Array.from({ length: 40 }, (_, i) => {
    const aborter = new AbortController();
    const write = storage
      .batch()
      .appendLog(draft(`t${i}`, i + 1, ['b']))
      .write({ signal: aborter.signal });
    if (i % 3 === 0) aborter.abort();
    return write;
  });
  const outcomes = await Promise.allSettled(writes);
  const landed = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [`t${i}`] : []));
  const log = await collect(storage.readLog());
  same(
    log.map(({ seq }) => seq),
    landed.map((_, i) => i + 1),
    'the numbers',
  );
  same(
    log.map(({ trxId }) => trxId),
    landed,
    'the transactions',
  );
});

abortCases('stops waiting for the log to grow, with exactly the reason', async bench => {
  const storage = await bench.open();
  const aborter = new AbortController();
  const growth = Promise.allSettled([storage.logGrowth(0, aborter.signal)]);
  const reason = { why: 'test' };
  aborter.abort(reason);
  const [outcome] = await growth;
  same(outcome.status, 'rejected', 'the wait');
  ok(outcome.status === 'rejected' && outcome.reason === reason, 'it failed with something else than the reason');
  await rejectsWith(() => storage.logGrowth(0, AbortSignal.abort(reason)), reason, 'a wait that was aborted before');
});

abortCases('rejects with an AbortError where the abort gives no reason', async bench => {
  const storage = await bench.open();
  const [outcome] = await Promise.allSettled([
    storage.batch().saveRevision('b', 1, { trxId: 't' }).write({ signal: AbortSignal.abort() }),
  ]);
  same(outcome.status, 'rejected', 'the write');
  const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
  ok((reason as { name?: string }).name === 'AbortError' && codeOf(reason) !== 'storage-io', 'it is no AbortError');
});
