import type { PendPolicy, PendRequest, PendResult } from '@blockstrata/db-core';
import { ok, present, rejectsWith, same } from '../assertions.js';
import { cases } from '../case.js';
import { entity, inserts, pends, read, refused, repoOver, succeeds, transact } from '../repo-bench.js';

/** The four policies of a pend that meets other pendings. */
export const repoPolicyCases = cases('repository: policies');

function append(trxId: string, policy: PendPolicy, ...blockIds: string[]): PendRequest {
  const ids = blockIds.length === 0 ? ['a'] : blockIds;
  return { trxId, policy, transforms: { updates: Object.fromEntries(ids.map(id => [id, [['list', 0, 0, [trxId]]]])) } };
}

repoPolicyCases("continues with 'c', and lists the others", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] }, b: { list: [] } }));
  await pends(repo, append('t1', 'c', 'a', 'b'));
  const second = succeeds(await repo.pend(append('t2', 'c')), 'the second');
  same(second.pending, [{ blockId: 'a', trxId: 't1' }], 'what it lists');
  const third = succeeds(await repo.pend(append('t3', 'c', 'a', 'b')), 'the third');
  same(
    third.pending.map(({ blockId, trxId }) => `${blockId} ${trxId}`).sort(),
    ['a t1', 'a t2', 'b t1'],
    'what the third lists',
  );
  same((await read(repo, 'a')).state.pendings, ['t1', 't2', 't3'], 'the pendings, oldest first');
});

repoPolicyCases("fails with 'f', lists the others, and leaves nothing behind", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] }, b: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const failure = refused(await repo.pend(append('t2', 'f', 'a', 'b')), 'pending', 'the second');
  same(failure.pending, [{ blockId: 'a', trxId: 't1' }], 'what it lists');
  same((await read(repo, 'b')).state.pendings, undefined, 'the pendings of the other block');
});

repoPolicyCases("fails with 'r', and returns the others with their transforms", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const failure = refused(await repo.pend(append('t2', 'r')), 'pending', 'the second');
  same(
    failure.pending,
    [{ blockId: 'a', trxId: 't1', transform: { updates: [['list', 0, 0, ['t1']]] } }],
    'what it returns',
  );
});

repoPolicyCases("waits with 'w' until the other is committed", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const waiting = track(repo.pend(append('t2', 'w')));
  await read(repo, 'a');
  same(waiting.settled, false, 'whether it went on before');
  succeeds(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 2 }), 'the commit');
  succeeds(await waiting.result, 'the pend that waited');
  succeeds(await repo.commit({ trxId: 't2', blockIds: ['a'], rev: 3 }), 'its commit');
  same(await entity(repo, 'a', 'list'), ['t2', 't1'], 'the block');
});

repoPolicyCases("waits with 'w' until the other is cancelled, on every block of its own", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] }, b: { list: [] } }));
  await pends(repo, append('t1', 'c', 'a'));
  await pends(repo, append('t2', 'c', 'b'));
  const waiting = track(repo.pend(append('t3', 'w', 'a', 'b')));
  await repo.cancel({ trxId: 't1', blockIds: ['a'] });
  await read(repo, 'a');
  same(waiting.settled, false, 'whether it went on while one block was taken');
  await repo.cancel({ trxId: 't2', blockIds: ['b'] });
  succeeds(await waiting.result, 'the pend that waited');
});

repoPolicyCases("checks everything again after waiting with 'w'", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const waiting = repo.pend({ ...append('t2', 'w'), rev: 2, bases: { a: 1 } });
  succeeds(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 2 }), 'the commit');
  const failure = refused(await waiting, 'stale', 'the pend that waited');
  same(
    failure.missing?.map(({ trxId }) => trxId),
    ['t1'],
    'what it missed',
  );
});

repoPolicyCases("lets those who wait with 'w' go on first come, first served", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const order: string[] = [];
  const waiting = ['t2', 't3', 't4', 't5'].map(async trxId => {
    succeeds(await repo.pend(append(trxId, 'w')), `pend of ${trxId}`);
    order.push(trxId);
    succeeds(await repo.commit({ trxId, blockIds: ['a'], rev: order.length + 2 }), `commit of ${trxId}`);
  });
  succeeds(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 2 }), 'the commit');
  await Promise.all(waiting);
  same(order, ['t2', 't3', 't4', 't5'], 'the order');
});

repoPolicyCases("stops waiting with 'w' when the request expires", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  refused(await repo.pend(append('t2', 'w'), { expiration: Date.now() + 30 }), 'expired', 'the pend that waited');
  refused(await repo.pend(append('t2', 'w'), { expiration: Date.now() - 1 }), 'expired', 'a pend that came too late');
  same((await read(repo, 'a')).state.pendings, ['t1'], 'the pendings');
});

repoPolicyCases("stops waiting with 'w' when it is aborted, with exactly the reason", async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const aborter = new AbortController();
  const reason = { why: 'test' };
  const waiting = rejectsWith(
    () => repo.pend(append('t2', 'w'), { signal: aborter.signal }),
    reason,
    'the pend that waited',
  );
  await read(repo, 'a');
  aborter.abort(reason);
  await waiting;
  succeeds(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 2 }), 'the commit');
  succeeds(await repo.pend(append('t3', 'w')), 'the next pend');
});

repoPolicyCases("stops waiting with 'w' when the store closes", async bench => {
  const storage = await bench.open();
  const repo = repoOver(storage);
  await transact(repo, 't0', 1, inserts({ a: { list: [] } }));
  await pends(repo, append('t1', 'c'));
  const [outcome] = await Promise.all([
    Promise.allSettled([repo.pend(append('t2', 'w'))]),
    read(repo, 'a').then(() => storage.close()),
  ]);
  same(outcome[0].status, 'rejected', 'the pend that waited');
  same((present(outcome[0], 'it') as { reason?: { code?: string } }).reason?.code, 'store-closed', 'how it ended');
});

for (const policy of ['f', 'r'] as const) {
  repoPolicyCases(`lets exactly one of many pends with '${policy}' through that come at once`, async bench => {
    const repo = repoOver(await bench.open());
    await transact(repo, 't0', 1, inserts({ a: { list: [] }, b: { list: [] } }));
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        repo.pend(append(`t${i + 1}`, policy, ...(i % 2 === 0 ? ['a', 'b'] : ['b', 'a']))),
      ),
    );
    same(results.filter(({ success }) => success).length, 1, 'how many succeeded');
    for (const result of results) ok(result.success || result.code === 'pending', 'one failed for another reason');
    same((await read(repo, 'a')).state.pendings?.length, 1, 'the pendings');
  });
}

function track(result: Promise<PendResult>): { result: Promise<PendResult>; settled: boolean } {
  const tracked = { result, settled: false };
  const settle = () => (tracked.settled = true);
  result.then(settle, settle);
  return tracked;
}

repoPolicyCases('ignores the policy for a transaction that is pending itself', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't', transforms: inserts({ a: {} }) });
  for (const policy of ['c', 'f', 'r', 'w'] as const) {
    succeeds(await repo.pend({ trxId: 't', transforms: inserts({ a: {} }), policy }), `with '${policy}'`);
  }
  same(await read(repo, 'a'), { state: { pendings: ['t'] } }, 'the block');
});
