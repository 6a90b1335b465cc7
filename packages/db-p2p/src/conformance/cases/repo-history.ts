import { same } from '../assertions.js';
import { cases } from '../case.js';
import { entity, inserts, pends, read, repoOver, transact, updates } from '../repo-bench.js';
import { block, noise, seeded } from '../samples.js';

/** Every revision of every block, for ever. */
export const repoHistoryCases = cases('repository: history');

repoHistoryCases(
  'reads each of a hundred sparse revisions, in this life and the next',
  async bench => {
    let storage = await bench.open();
    let repo = repoOver(storage);
    const revs = Array.from({ length: 100 }, (_, i) => 1 + i * i * 7);
    await transact(repo, 't0', 1, inserts({ a: { list: [0] } }));
    for (const [i, rev] of revs.slice(1).entries())
      await transact(repo, `t${i + 1}`, rev, updates('a', ['list', (i * 7) % (i + 1), 0, [i + 1]]));
    const expected: number[][] = [[0]];
    for (let i = 0; i < 99; i++) expected.push((expected[i] ?? []).toSpliced((i * 7) % (i + 1), 0, i + 1));
    for (let life = 1; life <= 2; life++) {
      for (const [i, rev] of revs.entries())
        same(await entity(repo, 'a', 'list', { rev }), expected[i], `revision ${rev}, life ${life}`);
      storage = await bench.reopen(storage);
      repo = repoOver(storage);
    }
  },
  ['persistence'],
);

repoHistoryCases('reads a block across its deletions', async bench => {
  const repo = repoOver(await bench.open());
  for (let life = 0; life < 5; life++) {
    await transact(repo, `i${life}`, life * 10 + 1, inserts({ a: { life } }));
    await transact(repo, `u${life}`, life * 10 + 2, updates('a', ['text', -1, 0, 'x']));
    await transact(repo, `d${life}`, life * 10 + 3, { deletes: ['a'] });
  }
  for (let life = 0; life < 5; life++) {
    same(
      (await read(repo, 'a', { rev: life * 10 + 1 })).block,
      block('a', { life }),
      `inserted for the ${life}th time`,
    );
    same((await read(repo, 'a', { rev: life * 10 + 2 })).block, block('a', { life, text: 'x' }), 'updated');
    same((await read(repo, 'a', { rev: life * 10 + 5 })).block, undefined, 'deleted');
  }
});

repoHistoryCases(
  'agrees with a plain model over random transactions on several blocks',
  async bench => {
    let storage = await bench.open();
    let repo = repoOver(storage);
    const next = seeded(31);
    const history = new Map<string, Map<number, unknown[] | undefined>>();
    for (let rev = 1; rev <= 150; rev++) {
      const id = `b${Math.floor(next() * 4)}`;
      const past = history.get(id) ?? new Map<number, unknown[] | undefined>();
      history.set(id, past);
      const list = [...past.values()].at(-1);
      if (list === undefined) {
        await transact(repo, `t${rev}`, rev, inserts({ [id]: { list: [rev] } }));
        past.set(rev, [rev]);
      } else if (next() < 0.1) {
        await transact(repo, `t${rev}`, rev, { deletes: [id] });
        past.set(rev, undefined);
      } else {
        const at = Math.floor(next() * (list.length + 1));
        const count = Math.floor(next() * (list.length - at + 1));
        await transact(repo, `t${rev}`, rev, updates(id, ['list', at, count, [rev, 'x']]));
        past.set(rev, list.toSpliced(at, count, rev, 'x'));
      }
    }
    storage = await bench.reopen(storage);
    repo = repoOver(storage);
    for (const [id, past] of history) {
      for (const [rev, list] of past) same((await read(repo, id, { rev })).block?.list, list, `${id} at ${rev}`);
    }
    const report = await repo.verify();
    same([report.violationsTotal, report.blocks, report.revisions], [0, history.size, 150], 'what verify() found');
  },
  ['persistence'],
);

repoHistoryCases(
  'keeps pending transactions and their order over a reopening',
  async bench => {
    let storage = await bench.open();
    let repo = repoOver(storage);
    await transact(repo, 't1', 1, inserts({ a: { list: [] } }));
    for (const trxId of ['z', 'm', 'a'])
      await pends(repo, { trxId, transforms: updates('a', ['list', 0, 0, [trxId]]) });
    storage = await bench.reopen(storage);
    repo = repoOver(storage);
    same((await read(repo, 'a')).state.pendings, ['z', 'm', 'a'], 'the pendings');
    same(await entity(repo, 'a', 'list', { trxId: 'm' }), ['m'], 'the block under one of them');
    await repo.commit({ trxId: 'a', blockIds: ['a'], rev: 2 });
    same(await entity(repo, 'a', 'list'), ['a'], 'the block');
  },
  ['persistence'],
);

repoHistoryCases('keeps bytes and large contents through many revisions', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { bytes: noise(50_000, 1), list: [] } }));
  for (let rev = 2; rev <= 20; rev++)
    await transact(repo, `t${rev}`, rev, updates('a', ['bytes', -1, 0, noise(50_000, rev)]));
  for (const rev of [1, 2, 9, 19, 20])
    same(await entity(repo, 'a', 'bytes', { rev }), noise(50_000, rev), `the bytes at ${rev}`);
});

repoHistoryCases('verifies a store that was used, and finds nothing wrong', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 1, inserts({ a: { list: [] }, b: {}, c: {} }));
  for (let rev = 2; rev <= 30; rev++) await transact(repo, `t${rev}`, rev, updates('a', ['list', 0, 0, [rev]]));
  await transact(repo, 't31', 31, { deletes: ['b'] });
  await pends(repo, { trxId: 'p', transforms: updates('c', ['n', -1, 0, 1]) });
  const report = await repo.verify();
  same(report.violations, [], 'the violations');
  same([report.blocks, report.revisions, report.logEntries], [3, 33, 31], 'what was walked');
});
