import { ok, same } from '../assertions.js';
import { cases } from '../case.js';
import { entity, inserts, pends, read, repoOver, succeeds, transact, updates } from '../repo-bench.js';
import { beside, block } from '../samples.js';

/** Reads through a context: pinned, with what is committed elsewhere, with the reader's own pending. */
export const repoContextCases = cases('repository: reads in a context');

type Repo = ReturnType<typeof repoOver>;

async function threeRevisions(repo: Repo): Promise<void> {
  await transact(repo, 't3', 3, inserts({ a: { list: [3] } }));
  await transact(repo, 't7', 7, updates('a', ['list', 1, 0, [7]]));
  await transact(repo, 't1000', 1_000, updates('a', ['list', 2, 0, [1_000]]));
}

repoContextCases('reads the highest revision at or below the one that is pinned', async bench => {
  const repo = repoOver(await bench.open());
  await threeRevisions(repo);
  const expected: [pin: number, rev: number, list: number[]][] = [
    [3, 3, [3]],
    [4, 3, [3]],
    [6, 3, [3]],
    [7, 7, [3, 7]],
    [999, 7, [3, 7]],
    [1_000, 1_000, [3, 7, 1_000]],
    [2 ** 53 - 1, 1_000, [3, 7, 1_000]],
  ];
  for (const [pin, rev, list] of expected) {
    const found = await read(repo, 'a', { rev: pin });
    same([found.rev, found.block?.list], [rev, list], `the block pinned at ${pin}`);
    same(found.state.latest, { trxId: 't1000', rev: 1_000 }, `the tip, seen from ${pin}`);
  }
});

repoContextCases('finds nothing below the first revision', async bench => {
  const repo = repoOver(await bench.open());
  await threeRevisions(repo);
  for (const rev of [0, 1, 2]) {
    const found = await read(repo, 'a', { rev });
    same([found.block, found.unavailable], [undefined, undefined], `the block pinned at ${rev}`);
  }
});

repoContextCases('knows neither block nor tip of what was never seen', async bench => {
  const repo = repoOver(await bench.open());
  const results = await repo.get({ blockIds: ['x', 'y', 'x'], context: { rev: 5, trxId: 't' } });
  same(Object.keys(results).sort(), ['x', 'y'], 'the ids of the answer');
  same([results.x, results.y], [{ state: {} }, { state: {} }], 'the answers');
  same(await repo.get({ blockIds: [] }), {}, 'the answer to no ids');
});

repoContextCases("lays the reader's own pending transaction over the block, pinned too", async bench => {
  const repo = repoOver(await bench.open());
  await threeRevisions(repo);
  await pends(repo, { trxId: 'mine', transforms: updates('a', ['list', 0, 1, ['mine']]) });
  same(await entity(repo, 'a', 'list'), [3, 7, 1_000], 'without it');
  same(await entity(repo, 'a', 'list', { trxId: 'mine' }), ['mine', 7, 1_000], 'with it');
  same(await entity(repo, 'a', 'list', { trxId: 'mine', rev: 7 }), ['mine', 7], 'with it, pinned');
  same(await entity(repo, 'a', 'list', { trxId: 'other' }), [3, 7, 1_000], 'with one that is not pending');
  same((await read(repo, 'a', { trxId: 'mine' })).state.pendings, ['mine'], 'the pendings');
});

repoContextCases('shows a block that a pending transaction inserts or deletes', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: {} }));
  await pends(repo, { trxId: 'mine', transforms: { ...inserts({ b: { n: 1 } }), deletes: ['a'] } });
  const results = await repo.get({ blockIds: ['a', 'b'], context: { trxId: 'mine' } });
  same(results.a?.block, undefined, 'the block that it deletes');
  same(results.b?.block, block('b', { n: 1 }), 'the block that it inserts');
});

repoContextCases('reads a pending transaction as committed that is known to be committed elsewhere', async bench => {
  const repo = repoOver(await bench.open());
  await threeRevisions(repo);
  await pends(repo, { trxId: 'p1', transforms: updates('a', ['list', 0, 0, ['p1']]) });
  await pends(repo, { trxId: 'p2', transforms: updates('a', ['list', 0, 0, ['p2']]) });
  const committed = [
    { trxId: 'p2', rev: 1_005 },
    { trxId: 'p1', rev: 1_002 },
    { trxId: 'unknown', rev: 1_003 },
  ];
  const found = await read(repo, 'a', { committed });
  same(found.block?.list, ['p2', 'p1', 3, 7, 1_000], 'the block');
  same(found.rev, 1_005, 'its revision');
  same((await read(repo, 'a', { committed, rev: 1_002 })).block?.list, ['p1', 3, 7, 1_000], 'the block pinned between');
  same((await read(repo, 'a', { committed, rev: 7 })).block?.list, [3, 7], 'the block pinned below');
  same(await entity(repo, 'a', 'list'), [3, 7, 1_000], 'the block without the context');
});

repoContextCases('applies a transaction once that is named twice as committed elsewhere', async bench => {
  const repo = repoOver(await bench.open());
  await threeRevisions(repo);
  await pends(repo, { trxId: 'p', transforms: updates('a', ['list', 0, 0, ['p']]) });
  const committed = [
    { trxId: 'p', rev: 1_002 },
    { trxId: 'p', rev: 1_001 },
    { trxId: 'p', rev: 1_001 },
  ];
  const found = await read(repo, 'a', { committed });
  same([found.rev, found.block?.list], [1_001, ['p', 3, 7, 1_000]], 'the block');
});

repoContextCases('ignores what is committed elsewhere and not held here', async bench => {
  const repo = repoOver(await bench.open());
  await threeRevisions(repo);
  const found = await read(repo, 'a', { committed: [{ trxId: 'unknown', rev: 2_000 }] });
  same([found.rev, found.block?.list], [1_000, [3, 7, 1_000]], 'the block');
});

repoContextCases('never shows half of a commit', async bench => {
  const repo = repoOver(await bench.open());
  const ids = Array.from({ length: 6 }, (_, i) => `b${i}`);
  await transact(repo, 't0', 1, inserts(Object.fromEntries(ids.map(id => [id, { n: 0 }]))));
  const writer = async () => {
    for (let n = 1; n <= 40; n++) {
      await transact(repo, `t${n}`, n + 1, { updates: Object.fromEntries(ids.map(id => [id, [['n', -1, 0, n]]])) });
    }
  };
  const makeReader = () => {
    let last = 0;
    return async () => {
      const results = Object.values(await repo.get({ blockIds: ids }));
      const seen = new Set(
        results.map(
          ({ block: found, rev, state }) => `${String(found?.n)} ${rev} ${state.latest?.rev} ${String(state.pendings)}`,
        ),
      );
      same(seen.size, 1, `the versions that one read saw (${[...seen].join(' | ')})`);
      const rev = results[0]?.rev ?? 0;
      ok(rev >= last, 'a read went back in time');
      last = rev;
    };
  };
  await beside(writer, makeReader(), makeReader());
});

repoContextCases('reads history while it grows', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { n: 1 } }));
  const writer = async () => {
    for (let rev = 2; rev <= 60; rev++) await transact(repo, `t${rev}`, rev, updates('a', ['n', -1, 0, rev]));
  };
  const pins = [1, 20, 33, 1_000];
  const readers = pins.map(pin => async () => {
    const found = await read(repo, 'a', { rev: pin });
    const n = Number(found.block?.n);
    same(found.rev, n, 'the revision of what was read');
    ok(n <= pin, `a read pinned at ${pin} saw ${n}`);
  });
  await beside(writer, ...readers);
  for (const pin of pins)
    same(await entity(repo, 'a', 'n', { rev: pin }), Math.min(pin, 60), `the block pinned at ${pin}`);
});

repoContextCases('serves the siblings of a block whose pending transaction does not apply to the pin', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { list: [] }, b: {} }));
  await transact(repo, 't2', 2, updates('a', ['list', 0, 0, [1, 2, 3]]));
  await pends(repo, { trxId: 'mine', transforms: updates('a', ['list', 2, 1, []]) });
  const results = await repo.get({ blockIds: ['a', 'b'], context: { trxId: 'mine', rev: 1 } });
  same(results.a?.unavailable, 'unmaterializable', 'the block to which it does not apply');
  same(results.b?.block, block('b'), 'its sibling');
  succeeds(await repo.commit({ trxId: 'mine', blockIds: ['a'], rev: 3 }), 'its commit');
});
