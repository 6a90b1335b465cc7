import type { BlockArchive } from '../../storage/index.js';
import { ok, same } from '../assertions.js';
import { cases } from '../case.js';
import { entity, inserts, pends, read, refused, repoOver, succeeds, transact, updates } from '../repo-bench.js';
import { block, collect } from '../samples.js';

/** History that is fetched from elsewhere: checked, and installed whole or not at all (INV-11). */
export const repoRestoreCases = cases('repository: restoration (INV-11)');

/** Revisions 2, 4 and 6 of block a, each of which appends its number to a list. */
function archive(): BlockArchive {
  return {
    blockId: 'a',
    range: [2, 7],
    revisions: {
      2: { trx: { trxId: 'r2', rev: 2, transform: { insert: block('a', { list: [2] }) } }, base: 0 },
      4: { trx: { trxId: 'r4', rev: 4, transform: { updates: [['list', 1, 0, [4]]] } }, base: 2 },
      6: { trx: { trxId: 'r6', rev: 6, transform: { updates: [['list', 2, 0, [6]]] } }, base: 4 },
    },
  };
}

repoRestoreCases('brings a block that was never seen here, where it is asked to', async bench => {
  const storage = await bench.open();
  let asked = 0;
  const repo = repoOver(storage, async () => (asked++, archive()), { restoreUnknown: true });
  same(await entity(repo, 'a', 'list', { rev: 4 }), [2, 4], 'the block at 4');
  same(await entity(repo, 'a', 'list'), [2, 4, 6], 'the tip');
  same(await entity(repo, 'a', 'list', { rev: 2 }), [2], 'the block at 2');
  same((await read(repo, 'a', { rev: 1 })).block, undefined, 'the block below its first revision');
  same(asked, 1, 'how often it was asked for');
  same(
    (await collect(storage.readLog())).map(({ kind, rev }) => [kind, rev]),
    [['restore', 6]],
    'the log',
  );
});

repoRestoreCases('does not ask for a block that was never seen, unless it is told to', async bench => {
  let asked = 0;
  const repo = repoOver(await bench.open(), async () => (asked++, archive()));
  same(await read(repo, 'a'), { state: {} }, 'a read');
  await pends(repo, { trxId: 't', rev: 9, transforms: inserts({ b: {} }) });
  same(asked, 0, 'how often it was asked for');
});

repoRestoreCases('fetches the base that a commit builds on, and commits', async bench => {
  const repo = repoOver(await bench.open(), async () => archive());
  await pends(repo, { trxId: 't', rev: 7, transforms: updates('a', ['list', 3, 0, [7]]), bases: { a: 6 } });
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 7 }), 'the commit');
  same(await entity(repo, 'a', 'list'), [2, 4, 6, 7], 'the block');
});

repoRestoreCases('refuses a commit whose base cannot be had', async bench => {
  const repo = repoOver(await bench.open(), async () => undefined);
  await pends(repo, { trxId: 't', rev: 7, transforms: updates('a', ['list', 3, 0, [7]]), bases: { a: 6 } });
  refused(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 7 }), 'missing-base', 'the commit');
  same((await read(repo, 'a')).state, { pendings: ['t'] }, 'the block');
});

repoRestoreCases(
  'moves the tip forward when it is refreshed, and drops a pending that came back committed',
  async bench => {
    const repo = repoOver(await bench.open(), async () => archive());
    await transact(repo, 'r2', 2, inserts({ a: { list: [2] } }));
    await pends(repo, { trxId: 'r4', transforms: updates('a', ['list', 1, 0, [4]]) });
    await repo.refresh(['a']);
    same(
      await read(repo, 'a'),
      { block: block('a', { list: [2, 4, 6] }), rev: 6, state: { latest: { trxId: 'r6', rev: 6 } } },
      'the block',
    );
  },
);

repoRestoreCases('shares one call among readers that ask at once', async bench => {
  let asked = 0;
  const repo = repoOver(await bench.open(), async () => (asked++, archive()), { restoreUnknown: true });
  const lists = await Promise.all(Array.from({ length: 10 }, () => entity(repo, 'a', 'list', { rev: 6 })));
  for (const list of lists) same(list, [2, 4, 6], 'the block');
  same(asked, 1, 'how often it was asked for');
});

const LIES: readonly (readonly [what: string, lie: (truth: BlockArchive) => unknown])[] = [
  ['of another block', truth => ({ ...truth, blockId: 'b' })],
  ['with a hole', ({ revisions: { 4: _, ...revisions }, ...rest }) => ({ ...rest, revisions })],
  [
    'with a wrong base',
    truth => ({ ...truth, revisions: { ...truth.revisions, 6: { ...truth.revisions[6], base: 3 } } }),
  ],
  [
    'with a transform that does not apply',
    truth => ({
      ...truth,
      revisions: {
        ...truth.revisions,
        6: { trx: { trxId: 'r6', rev: 6, transform: { updates: [['list', 9, 1, []]] } }, base: 4 },
      },
    }),
  ],
  [
    'with a copy that its transforms do not yield',
    truth => ({
      ...truth,
      revisions: { ...truth.revisions, 6: { ...truth.revisions[6], block: block('a', { list: ['lie'] }) } },
    }),
  ],
  ['with a revision that is none', truth => ({ ...truth, revisions: { ...truth.revisions, NaN: truth.revisions[6] } })],
  [
    'with a floor of nothing',
    truth => ({ ...truth, range: [4, 7], revisions: { 4: truth.revisions[4], 6: truth.revisions[6] } }),
  ],
  [
    'that does not cover what was asked for',
    truth => ({ ...truth, range: [2, 5], revisions: { 2: truth.revisions[2], 4: truth.revisions[4] } }),
  ],
  [
    'that repeats a transaction',
    truth => ({
      ...truth,
      revisions: { ...truth.revisions, 6: { trx: { trxId: 'r4', rev: 6, transform: {} }, base: 4 } },
    }),
  ],
  ['that is no archive', () => 'archive'],
  [
    'that fails to come',
    () => {
      throw new TypeError('unreachable');
    },
  ],
];

for (const [what, lie] of LIES) {
  repoRestoreCases(`refuses an archive ${what}, and installs nothing of it`, async bench => {
    const storage = await bench.open();
    const repo = repoOver(storage, async () => lie(archive()) as BlockArchive, { restoreUnknown: true });
    same((await read(repo, 'a', { rev: 6 })).unavailable, 'restore-failed', 'the read');
    same(await collect(storage.listBlockIds()), [], 'the blocks of the store');
    same(storage.logSeq, 0, 'the log');
  });
}

for (const rev of [1, 3, 4, 5]) {
  repoRestoreCases(`never writes over, above or below what was committed here, at revision ${rev}`, async bench => {
    const storage = await bench.open();
    const repo = repoOver(storage, async () => archive());
    await transact(repo, 'mine', rev, inserts({ a: { list: ['mine'] } }));
    const [outcome] = await Promise.allSettled([repo.refresh(['a'])]);
    same(outcome.status, 'rejected', 'the refresh');
    const expected = { block: block('a', { list: ['mine'] }), rev, state: { latest: { trxId: 'mine', rev } } };
    same(await read(repo, 'a'), expected, 'the block');
    same((await collect(storage.listRevisions('a', 1, 9))).length, 1, 'the revisions that are held');
    ok(
      (await collect(storage.readLog())).every(({ kind }) => kind === 'commit'),
      'the log tells of a restoration',
    );
  });
}
