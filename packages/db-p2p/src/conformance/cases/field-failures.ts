import { logKey, metaKey, trxKey } from '../../storage/driver/record-key.js';
import { ok, rejects, same } from '../assertions.js';
import { cases } from '../case.js';
import { entity, inserts, pends, read, refused, repoOver, succeeds, transact, updates } from '../repo-bench.js';
import { block, collect } from '../samples.js';

/** Failures that were seen in stores of this kind; each case names one, and none of them happens here. */
export const fieldFailureCases = cases('failures seen in the field');

const IDS = Array.from({ length: 10 }, (_, i) => `b${i}`);

fieldFailureCases(
  '"a transaction was left on some of its ten blocks": a close in its midst leaves it on all or on none',
  async bench => {
    let storage = await bench.open();
    let repo = repoOver(storage);
    await transact(repo, 't1', 1, inserts(Object.fromEntries(IDS.map(id => [id, { n: 1 }]))));
    const acknowledged: number[] = [];
    for (let round = 2; round <= 6; round++) {
      const work = (async () => {
        const pended = await repo.pend({
          trxId: `t${round}`,
          rev: round,
          transforms: { updates: Object.fromEntries(IDS.map(id => [id, [['n', -1, 0, round]]])) },
          policy: 'c',
        });
        if (!pended.success) return;
        const committed = await repo.commit({ trxId: `t${round}`, blockIds: IDS, rev: round });
        if (committed.success) acknowledged.push(round);
      })();
      const settled = Promise.allSettled([work]);
      for (let tick = 0; tick < round * 3; tick++) await Promise.resolve();
      await storage.close();
      await settled;
      storage = await bench.openAgain(storage);
      repo = repoOver(storage);
      const found = Object.values(await repo.get({ blockIds: IDS }));
      same(new Set(found.map(({ block: held }) => held?.n)).size, 1, 'the versions that are held');
      same(new Set(found.map(({ state }) => String(state.pendings))).size, 1, 'the pendings that are held');
      for (const trxId of found[0]?.state.pendings ?? []) await repo.cancel({ trxId, blockIds: IDS });
      const last = acknowledged.at(-1) ?? 1;
      ok(Number(found[0]?.block?.n) >= last, `revision ${last} was acknowledged, and is gone`);
    }
  },
  ['persistence'],
);

fieldFailureCases(
  '"a read cost O(revision number)": a block with revisions 1 and 2^53 - 1 is read like any other',
  async bench => {
    const repo = repoOver(await bench.open());
    await transact(repo, 't1', 1, inserts({ a: { n: 1 } }));
    await transact(repo, 't2', 2 ** 53 - 1, updates('a', ['n', -1, 0, 2]));
    for (const rev of [1, 2, 1_000_000, 2 ** 40, 2 ** 53 - 2])
      same(await entity(repo, 'a', 'n', { rev }), 1, `the block at ${rev}`);
    same(await entity(repo, 'a', 'n'), 2, 'the tip');
  },
);

fieldFailureCases('"two concurrent fail-policy pends both succeeded": one does', async bench => {
  const repo = repoOver(await bench.open());
  for (let round = 0; round < 10; round++) {
    const id = `b${round}`;
    const results = await Promise.all(
      ['x', 'y'].map(trxId => repo.pend({ trxId, transforms: inserts({ [id]: { trxId } }), policy: 'f' })),
    );
    same(results.map(({ success }) => success).sort(), [false, true], `round ${round}`);
  }
});

fieldFailureCases(
  '"a flipped bit in a block was served as truth": it is an error, and its siblings are served',
  async bench => {
    let storage = await bench.open();
    await transact(repoOver(storage), 't1', 1, inserts({ a: { text: 'the truth and nothing else' }, b: { n: 2 } }));
    try {
      storage = await bench.damage(storage, trxKey('block', 'a', 't1'));
    } catch (error) {
      same((error as { code?: string }).code, 'corrupt-record', 'how the damaged store refuses to open');
      return;
    }
    const results = await repoOver(storage).get({ blockIds: ['a', 'b'] });
    same([results.a?.block, results.a?.unavailable], [undefined, 'unmaterializable'], 'the damaged block');
    same(results.b?.block, block('b', { n: 2 }), 'its sibling');
  },
  ['damage'],
);

fieldFailureCases(
  '"a damaged metadata file read as: this block never existed, and the next insert replaced it": the insert is refused',
  async bench => {
    let storage = await bench.open();
    await transact(repoOver(storage), 't1', 1, inserts({ a: { text: 'precious' } }));
    try {
      storage = await bench.damage(storage, metaKey('a'));
    } catch (error) {
      same((error as { code?: string }).code, 'corrupt-record', 'how the damaged store refuses to open');
      return;
    }
    const repo = repoOver(storage);
    same((await read(repo, 'a')).unavailable, 'unmaterializable', 'the read');
    await rejects(
      () => repo.pend({ trxId: 't2', rev: 2, transforms: inserts({ a: { text: 'usurper' } }), policy: 'c' }),
      ['corrupt-record'],
      'the insert',
    );
    same((await storage.getTransaction('a', 't1'))?.rev, 1, 'the transaction of the block');
  },
  ['damage'],
);

fieldFailureCases(
  '"a damaged log entry was skipped": the feed stops with an error, and verify() reports it',
  async bench => {
    let storage = await bench.open();
    const repo = repoOver(storage);
    for (let rev = 1; rev <= 3; rev++) await transact(repo, `t${rev}`, rev, inserts({ [`b${rev}`]: {} }));
    try {
      storage = await bench.damage(storage, logKey(2));
    } catch (error) {
      same((error as { code?: string }).code, 'corrupt-record', 'how the damaged store refuses to open');
      return;
    }
    await rejects(() => collect(storage.readLog()), ['corrupt-record'], 'the log');
    ok((await repoOver(storage).verify()).violationsTotal > 0, 'verify() finds nothing');
  },
  ['damage'],
);

for (const id of ['../../escape', 'constructor', '__proto__', 'hasOwnProperty', '..\\..\\escape']) {
  fieldFailureCases(
    `"${id} as an id broke, or wrote elsewhere": it is a block and a transaction like any other`,
    async bench => {
      let storage = await bench.open();
      let repo = repoOver(storage);
      await transact(repo, id, 1, inserts({ [id]: { n: 1 } }));
      await pends(repo, {
        trxId: `${id}2`,
        transforms: updates(id, ['n', -1, 0, 2]),
        bases: Object.fromEntries([[id, 1]]),
      });
      storage = await bench.reopen(storage);
      repo = repoOver(storage);
      same(
        await read(repo, id),
        { block: block(id, { n: 1 }), rev: 1, state: { latest: { trxId: id, rev: 1 }, pendings: [`${id}2`] } },
        'the block',
      );
      succeeds(await repo.commit({ trxId: `${id}2`, blockIds: [id], rev: 2 }), 'the commit');
      same(await entity(repo, id, 'n', { rev: 1 }), 1, 'the block as it was');
      same(Object.keys(Object.prototype), [], 'the keys of every object');
    },
    ['persistence'],
  );
}

fieldFailureCases(
  '"two processes on one directory lost acknowledged writes": the second is refused',
  async bench => {
    const storage = await bench.open();
    const repo = repoOver(storage);
    await transact(repo, 't1', 1, inserts({ a: { n: 1 } }));
    await rejects(() => bench.openAgain(storage), ['store-locked'], 'the second owner');
    await transact(repo, 't2', 2, updates('a', ['n', -1, 0, 2]));
    const next = repoOver(await bench.reopen(storage));
    same(await entity(next, 'a', 'n'), 2, 'the block');
  },
  ['locking', 'persistence'],
);

fieldFailureCases(
  '"a splice that cannot apply was accepted at pend and wedged the block for ever": it is refused, and the block lives',
  async bench => {
    const repo = repoOver(await bench.open());
    await transact(repo, 't1', 1, inserts({ a: { list: [1] } }));
    await rejects(
      () => repo.pend({ trxId: 'x', transforms: updates('a', ['list', 5, 1, []]), policy: 'c' }),
      ['invalid-request'],
      'the pend',
    );
    await transact(repo, 't2', 2, updates('a', ['list', 1, 0, [2]]));
    same(await entity(repo, 'a', 'list'), [1, 2], 'the block');
  },
);

fieldFailureCases(
  '"a pending splice that a commit made impossible wedged the block": it is stale, and goes when it is cancelled',
  async bench => {
    const repo = repoOver(await bench.open());
    await transact(repo, 't1', 1, inserts({ a: { list: [1, 2] } }));
    await pends(repo, { trxId: 'x', transforms: updates('a', ['list', 1, 1, []]) });
    await transact(repo, 't2', 2, updates('a', ['list', 0, 2, []]));
    refused(await repo.commit({ trxId: 'x', blockIds: ['a'], rev: 3 }), 'stale', 'its commit');
    await repo.cancel({ trxId: 'x', blockIds: ['a'] });
    await transact(repo, 't3', 3, updates('a', ['list', 0, 0, [3]]));
    same(await entity(repo, 'a', 'list'), [3], 'the block');
  },
);

fieldFailureCases('"reusing a committed transaction id rewrote history": it is refused', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't', 1, inserts({ a: { n: 1 } }));
  await transact(repo, 't2', 2, updates('a', ['n', -1, 0, 2]));
  for (const rev of [1, 2, 3]) {
    refused(
      await repo.pend({ trxId: 't', rev, transforms: updates('a', ['n', -1, 0, 'rewritten']), policy: 'c' }),
      'trx-reused',
      `a pend at ${rev}`,
    );
  }
  same([await entity(repo, 'a', 'n', { rev: 1 }), await entity(repo, 'a', 'n')], [1, 2], 'the history');
});

fieldFailureCases('"NaN and 1.5 were accepted as revisions": they are refused everywhere', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't', 1, inserts({ a: {} }));
  for (const rev of [Number.NaN, 1.5, -1, 2 ** 53]) {
    await rejects(
      () => repo.pend({ trxId: 'x', rev, transforms: updates('a', ['n', -1, 0, 1]), policy: 'c' }),
      ['invalid-request'],
      `pend at ${rev}`,
    );
    await rejects(() => repo.commit({ trxId: 't', blockIds: ['a'], rev }), ['invalid-request'], `commit at ${rev}`);
    await rejects(() => repo.get({ blockIds: ['a'], context: { rev } }), ['invalid-request'], `get at ${rev}`);
    await rejects(
      () => repo.get({ blockIds: ['a'], context: { committed: [{ trxId: 't', rev }] } }),
      ['invalid-request'],
      `committed at ${rev}`,
    );
    await rejects(
      () => repo.pend({ trxId: 'x', transforms: updates('a', ['n', -1, 0, 1]), bases: { a: rev }, policy: 'c' }),
      ['invalid-request'],
      `base at ${rev}`,
    );
  }
});

fieldFailureCases(
  '"a disk that filled up in mid-commit left torn transactions that a retry made permanent": all or none, and the retry lands',
  async bench => {
    let storage = await bench.open();
    let repo = repoOver(storage);
    await pends(repo, { trxId: 't', rev: 1, transforms: inserts(Object.fromEntries(IDS.map(id => [id, { n: 1 }]))) });
    await bench.failNextWrite(storage);
    const [outcome] = await Promise.allSettled([repo.commit({ trxId: 't', blockIds: IDS, rev: 1 })]);
    same(outcome.status, 'rejected', 'the commit on the full disk');
    storage = await bench.reopen(storage);
    repo = repoOver(storage);
    const held = Object.values(await repo.get({ blockIds: IDS }));
    same(new Set(held.map(({ rev }) => rev)).size, 1, 'the revisions that are held');
    succeeds(await repo.commit({ trxId: 't', blockIds: IDS, rev: 1 }), 'the retry');
    for (const { block: found } of Object.values(await repo.get({ blockIds: IDS }))) same(found?.n, 1, 'a block');
    same((await repo.verify()).violations, [], 'what verify() found');
  },
  ['failing-writes', 'persistence'],
);
