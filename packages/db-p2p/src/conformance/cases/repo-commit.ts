import type { LogEntry } from '../../storage/records.js';
import { ok, rejects, rejectsWith, same } from '../assertions.js';
import { cases } from '../case.js';
import { entity, inserts, pends, read, refused, repoOver, succeeds, transact, updates } from '../repo-bench.js';
import { block, collect } from '../samples.js';

/** commit and cancel: what lands, what is refused, what is told of it. */
export const repoCommitCases = cases('repository: commit and cancel');

const MAX = Number.MAX_SAFE_INTEGER;

repoCommitCases('lands on every block of the call, and takes the transaction from the pendings', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't', rev: 1, transforms: inserts({ a: { n: 1 }, b: { n: 2 } }) });
  succeeds(await repo.commit({ trxId: 't', blockIds: ['b', 'a'], rev: 4 }), 'the commit');
  const latest = { trxId: 't', rev: 4 };
  same(await read(repo, 'a'), { block: block('a', { n: 1 }), rev: 4, state: { latest } }, 'block a');
  same(await read(repo, 'b'), { block: block('b', { n: 2 }), rev: 4, state: { latest } }, 'block b');
});

repoCommitCases('succeeds again at the same revision, and logs it once', async bench => {
  const storage = await bench.open();
  const repo = repoOver(storage);
  await transact(repo, 't', 1, inserts({ a: {}, b: {} }));
  for (let i = 0; i < 3; i++) succeeds(await repo.commit({ trxId: 't', blockIds: ['a', 'b'], rev: 1 }), `commit ${i}`);
  same(storage.logSeq, 1, 'the log');
});

repoCommitCases('refuses a transaction that is committed here at another revision', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't', 3, inserts({ a: {} }));
  refused(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 4 }), 'stale', 'a later one');
  refused(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 2 }), 'stale', 'an earlier one');
  same((await read(repo, 'a')).state.latest, { trxId: 't', rev: 3 }, 'the tip');
});

repoCommitCases('refuses a revision at which, or after which, another transaction is committed', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { n: 1 } }));
  await pends(repo, { trxId: 't2', transforms: updates('a', ['n', -1, 0, 2]) });
  await pends(repo, { trxId: 't3', transforms: updates('a', ['n', -1, 0, 3]) });
  succeeds(await repo.commit({ trxId: 't3', blockIds: ['a'], rev: 5 }), 'the commit of t3');
  for (const rev of [5, 4, 1]) {
    const failure = refused(await repo.commit({ trxId: 't2', blockIds: ['a'], rev }), 'stale', `a commit at ${rev}`);
    ok(failure.missing?.some(({ trxId }) => trxId === 't3') === true, 'the failure does not name what is missing');
  }
  same((await read(repo, 'a')).state, { latest: { trxId: 't3', rev: 5 }, pendings: ['t2'] }, 'the block');
  succeeds(await repo.commit({ trxId: 't2', blockIds: ['a'], rev: 6 }), 'a commit at 6');
});

repoCommitCases('refuses a transaction that is not pending', async bench => {
  const repo = repoOver(await bench.open());
  refused(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 }), 'missing-pend', 'a transaction that never was');
  await pends(repo, { trxId: 't', transforms: inserts({ a: {} }) });
  refused(
    await repo.commit({ trxId: 't', blockIds: ['a', 'b'], rev: 1 }),
    'missing-pend',
    'one that is pending on one block',
  );
  same((await read(repo, 'a')).state, { pendings: ['t'] }, 'the block on which it is pending');
  await repo.cancel({ trxId: 't', blockIds: ['a'] });
  refused(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 }), 'missing-pend', 'a cancelled one');
});

repoCommitCases('refuses a block that has moved past the base of the transaction', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: {} }));
  await pends(repo, { trxId: 't2', transforms: updates('a', ['n', -1, 0, 2]), bases: { a: 1 } });
  await transact(repo, 't3', 2, updates('a', ['n', -1, 0, 3]));
  const failure = refused(await repo.commit({ trxId: 't2', blockIds: ['a'], rev: 9 }), 'stale', 'the commit');
  same(
    failure.missing?.map(({ trxId }) => trxId),
    ['t3'],
    'what is missing',
  );
});

repoCommitCases('refuses a transform that no longer applies, on all blocks of the call', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { list: [1, 2] }, b: { n: 0 } }));
  await pends(repo, { trxId: 't2', transforms: { updates: { a: [['list', 1, 1, []]], b: [['n', -1, 0, 1]] } } });
  await transact(repo, 't3', 2, updates('a', ['list', 0, 2, []]));
  refused(await repo.commit({ trxId: 't2', blockIds: ['a', 'b'], rev: 3 }), 'stale', 'the commit');
  same((await read(repo, 'b')).state, { latest: { trxId: 't1', rev: 1 }, pendings: ['t2'] }, 'the other block');
});

repoCommitCases('counts a block once that is named twice', async bench => {
  const storage = await bench.open();
  const repo = repoOver(storage);
  await pends(repo, { trxId: 't', transforms: inserts({ a: {} }) });
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a', 'a', 'a'], rev: 1 }), 'the commit');
  const [entry] = await collect(storage.readLog());
  same(entry?.blockIds, ['a'], 'the blocks of the log entry');
});

repoCommitCases('commits the blocks of one transaction in several calls', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't', transforms: inserts({ a: {}, b: {} }) });
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 }), 'the first call');
  same((await read(repo, 'b')).state, { pendings: ['t'] }, 'the block that is left');
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a', 'b'], rev: 1 }), 'the second call');
  same((await read(repo, 'b')).state, { latest: { trxId: 't', rev: 1 } }, 'the block that was left');
});

repoCommitCases('lets the revision of the commit decide, sparse and up to 2^53 - 1', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't1', rev: 3, transforms: inserts({ a: { n: 1 } }) });
  succeeds(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1_000 }), 'the first');
  await transact(repo, 't2', MAX, updates('a', ['n', -1, 0, 2]));
  same(
    await read(repo, 'a'),
    { block: block('a', { n: 2 }), rev: MAX, state: { latest: { trxId: 't2', rev: MAX } } },
    'the block',
  );
  same(await entity(repo, 'a', 'n', { rev: MAX - 1 }), 1, 'the revision below');
});

repoCommitCases('refuses revisions that are none', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't', transforms: inserts({ a: {} }) });
  for (const rev of [Number.NaN, 1.5, 0, -1, 2 ** 53, Infinity]) {
    await rejects(() => repo.commit({ trxId: 't', blockIds: ['a'], rev }), ['invalid-request'], `a commit at ${rev}`);
  }
  same((await read(repo, 'a')).state, { pendings: ['t'] }, 'the block');
});

repoCommitCases('deletes a block, and inserts it again at a later revision', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { n: 1 } }));
  await transact(repo, 't2', 2, { deletes: ['a'] });
  same(await read(repo, 'a'), { rev: 2, state: { latest: { trxId: 't2', rev: 2 } } }, 'the deleted block');
  await rejects(
    () => repo.pend({ trxId: 'x', transforms: updates('a', ['n', -1, 0, 9]), policy: 'c' }),
    ['invalid-request'],
    'an update of it',
  );
  await transact(repo, 't3', 3, inserts({ a: { n: 3 } }));
  same(await entity(repo, 'a', 'n'), 3, 'the block');
  same(await entity(repo, 'a', 'n', { rev: 1 }), 1, 'the block as it was');
  same((await read(repo, 'a', { rev: 2 })).block, undefined, 'the block as it was not');
});

repoCommitCases('inserts, updates and deletes in one transaction, in that order', async bench => {
  const repo = repoOver(await bench.open());
  const both = {
    ...inserts({ a: { list: [1] } }),
    ...updates('a', ['list', 1, 0, [2]], ['n', 0, 0, 'set'], ['list', -1, 0, [9]]),
  };
  await transact(repo, 't1', 1, both);
  same((await read(repo, 'a')).block, block('a', { list: [9], n: 'set' }), 'the block');
  await transact(repo, 't2', 2, { ...updates('a', ['n', -1, 0, 'gone']), deletes: ['a'] });
  same((await read(repo, 'a')).block, undefined, 'the deleted block');
});

repoCommitCases('cancels a transaction on the blocks that are named, and nowhere else', async bench => {
  const storage = await bench.open();
  const repo = repoOver(storage);
  await pends(repo, { trxId: 't', transforms: inserts({ a: {}, b: {} }) });
  await repo.cancel({ trxId: 't', blockIds: ['a', 'a', 'never'] });
  same(await read(repo, 'a'), { state: {} }, 'the cancelled block');
  same(await read(repo, 'b'), { state: { pendings: ['t'] } }, 'the other block');
  same(await collect(storage.listPendingTransactions('a')), [], 'the pending records');
  await repo.cancel({ trxId: 't', blockIds: ['a', 'b'] });
  await repo.cancel({ trxId: 't', blockIds: ['a', 'b'] });
  same(storage.logSeq, 0, 'the log');
  await pends(repo, { trxId: 't', transforms: inserts({ a: { other: true } }) });
});

repoCommitCases('keeps a committed transaction committed that is cancelled', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't', 1, inserts({ a: { n: 1 } }));
  await repo.cancel({ trxId: 't', blockIds: ['a'] });
  same((await read(repo, 'a')).state, { latest: { trxId: 't', rev: 1 } }, 'the block');
});

repoCommitCases(
  'logs each commit, and feeds what was and what comes to who follows, without gap or repeat',
  async bench => {
    const storage = await bench.open();
    const repo = repoOver(storage);
    await transact(repo, 't1', 1, inserts({ a: {} }));
    await transact(repo, 't2', 2, inserts({ b: {}, c: {} }));
    const aborter = new AbortController();
    const seen: LogEntry[] = [];
    const reason = new Error('enough');
    const following = rejectsWith(
      async () => {
        for await (const entry of repo.changes({ signal: aborter.signal })) {
          seen.push(entry);
          if (entry.trxId === 't9') aborter.abort(reason);
        }
      },
      reason,
      'the feed',
    );
    for (let rev = 3; rev <= 9; rev++) await transact(repo, `t${rev}`, rev, updates('a', ['n', -1, 0, rev]));
    await following;
    same(
      seen.map(({ seq, trxId, rev }) => [seq, trxId, rev]),
      Array.from({ length: 9 }, (_, i) => [i + 1, `t${i + 1}`, i + 1]),
      'the feed',
    );
    same([...(seen[1]?.blockIds ?? [])].sort(), ['b', 'c'], 'the blocks of the second commit');
  },
);

repoCommitCases('tells listeners of each commit, and survives one that throws', async bench => {
  const repo = repoOver(await bench.open());
  const heard: string[] = [];
  repo.addEventListener('commit', () => {
    throw new TypeError('a listener that fails');
  });
  repo.addEventListener('commit', event => heard.push(event.detail.trxId));
  await transact(repo, 't1', 1, inserts({ a: {} }));
  await pends(repo, { trxId: 't2', transforms: updates('a', ['n', -1, 0, 1]) });
  await repo.cancel({ trxId: 't2', blockIds: ['a'] });
  await transact(repo, 't3', 2, updates('a', ['n', -1, 0, 1]));
  same(heard, ['t1', 't3'], 'what was heard');
});

repoCommitCases(
  'refuses a commit whose time has passed, or whose signal is aborted, and changes nothing',
  async bench => {
    const repo = repoOver(await bench.open());
    await pends(repo, { trxId: 't', transforms: inserts({ a: {} }) });
    const commit = { trxId: 't', blockIds: ['a'], rev: 1 };
    refused(await repo.commit(commit, { expiration: Date.now() - 1 }), 'expired', 'an expired commit');
    const reason = { why: 'test' };
    await rejectsWith(() => repo.commit(commit, { signal: AbortSignal.abort(reason) }), reason, 'an aborted commit');
    same((await read(repo, 'a')).state, { pendings: ['t'] }, 'the block');
    succeeds(
      await repo.commit(commit, { expiration: Date.now() + 60_000, signal: new AbortController().signal }),
      'a live commit',
    );
  },
);

repoCommitCases('lets one of several commits win that come at once at one revision', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { n: 0 }, b: { n: 0 } }));
  for (let i = 1; i <= 5; i++) {
    await pends(repo, { trxId: `t${i}`, transforms: { updates: { a: [['n', -1, 0, i]], b: [['n', -1, 0, i]] } } });
  }
  const commits = [1, 2, 3, 4, 5].map(i =>
    repo.commit({ trxId: `t${i}`, blockIds: i % 2 === 0 ? ['a', 'b'] : ['b', 'a'], rev: 2 }),
  );
  same((await Promise.all(commits)).filter(({ success }) => success).length, 1, 'how many succeeded');
  same(await entity(repo, 'a', 'n'), await entity(repo, 'b', 'n'), 'what landed on the two blocks');
});
