import type { PendRequest, Transforms } from '@blockstrata/db-core';
import { ok, rejects, same } from '../assertions.js';
import { cases } from '../case.js';
import { inserts, pends, read, refused, repoOver, succeeds, transact, updates } from '../repo-bench.js';
import { block, collect } from '../samples.js';

/** pend: what it checks, what it keeps, and that a refusal changes nothing. */
export const repoPendCases = cases('repository: pend');

repoPendCases('keeps a transaction pending on all of its blocks, unseen by readers of content', async bench => {
  const repo = repoOver(await bench.open());
  const result = succeeds(
    await repo.pend({ trxId: 't', rev: 1, transforms: inserts({ a: {}, b: {} }), policy: 'f' }),
    'the pend',
  );
  same([...result.blockIds].sort(), ['a', 'b'], 'the blocks');
  same(result.pending, [], 'other pendings');
  for (const id of ['a', 'b']) same(await read(repo, id), { state: { pendings: ['t'] } }, `block ${id}`);
});

repoPendCases('succeeds again for the same transaction, pending or committed, and changes nothing', async bench => {
  const storage = await bench.open();
  const repo = repoOver(storage);
  const request: PendRequest = { trxId: 't', rev: 1, transforms: inserts({ a: { n: 1 }, b: {} }), policy: 'f' };
  for (let i = 0; i < 3; i++) succeeds(await repo.pend(request), `pend ${i}`);
  same((await read(repo, 'a')).state.pendings, ['t'], 'the pendings');
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a', 'b'], rev: 1 }), 'the commit');
  for (let i = 0; i < 2; i++) succeeds(await repo.pend(request), `pend ${i} after the commit`);
  same(
    await read(repo, 'a'),
    { block: block('a', { n: 1 }), rev: 1, state: { latest: { trxId: 't', rev: 1 } } },
    'the block',
  );
  same(storage.logSeq, 1, 'the log');
});

repoPendCases('refuses a transaction id that is held with other transforms, pending or committed', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't', rev: 1, transforms: inserts({ a: { n: 1 } }) });
  const other: PendRequest = { trxId: 't', rev: 1, transforms: inserts({ a: { n: 2 } }), policy: 'c' };
  refused(await repo.pend(other), 'trx-reused', 'another pend under its id');
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 }), 'the commit');
  refused(await repo.pend({ ...other, rev: 2 }), 'trx-reused', 'another pend after the commit');
  same((await read(repo, 'a')).block?.n, 1, 'the block');
});

repoPendCases('refuses what is stale, and says what the writer has missed', async bench => {
  const repo = repoOver(await bench.open());
  await transact(repo, 't1', 3, inserts({ a: { n: 1 } }));
  await transact(repo, 't2', 7, updates('a', ['n', -1, 0, 2]));
  const late = refused(
    await repo.pend({ trxId: 'x', rev: 7, transforms: updates('a', ['n', -1, 0, 9]), policy: 'c' }),
    'stale',
    'a pend at 7',
  );
  same(
    late.missing?.map(({ trxId, rev }) => [trxId, rev]),
    [['t2', 7]],
    'what it missed',
  );
  same(late.missing?.[0]?.transforms, updates('a', ['n', -1, 0, 2]), 'what that did');
  same(late.staleAt, { blockId: 'a', rev: 7 }, 'where it is stale');
  const based = await repo.pend({
    trxId: 'x',
    transforms: updates('a', ['n', -1, 0, 9]),
    bases: { a: 3 },
    policy: 'c',
  });
  same(
    refused(based, 'stale', 'a pend on base 3').missing?.map(({ trxId }) => trxId),
    ['t2'],
    'what a writer on 3 missed',
  );
  const born = await repo.pend({ trxId: 'x', transforms: inserts({ a: {} }), policy: 'c' });
  refused(born, 'stale', 'an insert of a block that exists');
  const blind = await repo.pend({
    trxId: 'x',
    transforms: updates('a', ['n', -1, 0, 9]),
    bases: { a: 0 },
    policy: 'c',
  });
  same(refused(blind, 'stale', 'a pend on base 0').missing?.length, 2, 'what a writer on 0 missed');
  same((await read(repo, 'a')).state.pendings, undefined, 'the pendings');
});

repoPendCases('takes bases that are up to date, 0 for a block that is absent', async bench => {
  const repo = repoOver(await bench.open());
  await pends(repo, { trxId: 't1', transforms: inserts({ a: {} }), bases: { a: 0 } });
  succeeds(await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 5 }), 'the commit');
  await pends(repo, { trxId: 't2', rev: 6, transforms: updates('a', ['n', -1, 0, 1]), bases: { a: 5 } });
});

repoPendCases('refuses all blocks where it refuses one, and leaves nothing behind (INV-8)', async bench => {
  const storage = await bench.open();
  const repo = repoOver(storage);
  await transact(repo, 't1', 5, inserts({ old: {} }));
  refused(
    await repo.pend({
      trxId: 'x',
      rev: 5,
      transforms: { ...inserts({ new: {} }), ...updates('old', ['n', -1, 0, 1]) },
      policy: 'c',
    }),
    'stale',
    'the pend',
  );
  same(await read(repo, 'new'), { state: {} }, 'the new block');
  same(await collect(storage.listBlockIds()), ['old'], 'the blocks of the store');
  same(await collect(storage.listPendingTransactions('new')), [], 'the pending records');
});

const UNAPPLICABLE: readonly (readonly [what: string, transforms: Transforms])[] = [
  ['an update of a block that does not exist', updates('none', ['n', -1, 0, 1])],
  ['a delete of a block that does not exist', { deletes: ['none'] }],
  ['a splice beyond the end', updates('a', ['list', 3, 1, []])],
  ['a splice that starts beyond the end', updates('a', ['list', 4, 0, ['x']])],
  ['a splice of what is no array', updates('a', ['text', 0, 0, ['x']])],
  ['a splice of an entity that is absent', updates('a', ['none', 0, 0, ['x']])],
  [
    'a splice that only the operation before it makes impossible',
    updates('a', ['list', -1, 0, []], ['list', 0, 1, []]),
  ],
];

for (const [what, transforms] of UNAPPLICABLE) {
  repoPendCases(`refuses ${what} at once`, async bench => {
    const repo = repoOver(await bench.open());
    await transact(repo, 't', 1, inserts({ a: { list: [1, 2, 3], text: 'text' } }));
    await rejects(() => repo.pend({ trxId: 'x', rev: 2, transforms, policy: 'c' }), ['invalid-request'], 'the pend');
    same((await read(repo, 'a')).state, { latest: { trxId: 't', rev: 1 } }, 'the block');
    await transact(repo, 'y', 2, updates('a', ['list', 3, 0, [4]]));
  });
}

const HEADER = { id: 'a', type: 't', collectionId: 'a' };
const INVALID: readonly (readonly [what: string, request: Record<string, unknown>])[] = [
  ['NaN for a revision', { rev: Number.NaN }],
  ['1.5 for a revision', { rev: 1.5 }],
  ['0 for a revision', { rev: 0 }],
  ['a negative revision', { rev: -1 }],
  ['a revision above 2^53 - 1', { rev: 2 ** 53 }],
  ['a text for a revision', { rev: '1' }],
  ['an empty transaction id', { trxId: '' }],
  ['a transaction id of 257 bytes', { trxId: 'x'.repeat(257) }],
  ['a transaction id of 258 bytes in 129 characters', { trxId: '\u00e9'.repeat(129) }],
  ['a lone surrogate in an id', { trxId: '\ud800' }],
  ['a policy that is none', { policy: 'x' }],
  ['an insert under another id', { transforms: { inserts: { b: { header: HEADER } } } }],
  ['an insert without a header', { transforms: { inserts: { a: {} } } }],
  ['a base of a block that is not touched', { bases: { z: 1 } }],
  ['a base that is no revision', { bases: { a: -1 } }],
  ['an infinite number', { transforms: { inserts: { a: { header: HEADER, n: [1, Infinity] } } } }],
  ['an undefined value', { transforms: { inserts: { a: { header: HEADER, n: { m: undefined } } } } }],
  ['a function', { transforms: { inserts: { a: { header: HEADER, n: () => 1 } } } }],
  ['a bigint', { transforms: { inserts: { a: { header: HEADER, n: 1n } } } }],
  ['a date', { transforms: { inserts: { a: { header: HEADER, n: new Date(0) } } } }],
  ['a map', { transforms: { inserts: { a: { header: HEADER, n: new Map() } } } }],
  ['a lone surrogate in a text', { transforms: { inserts: { a: { header: HEADER, n: '\udc00' } } } }],
  ['the reserved key /', { transforms: { inserts: { a: { header: HEADER, n: { '/': 1 } } } } }],
  [
    'the reserved key __proto__',
    {
      transforms: {
        inserts: {
          a: JSON.parse('{"header":{"id":"a","type":"t","collectionId":"a"},"__proto__":{"x":1}}') as unknown,
        },
      },
    },
  ],
  ['an operation on the header', { transforms: updates('a', ['header', -1, 0, {}]) }],
  ['an operation with a negative index', { transforms: updates('a', ['n', -2, 0, []]) }],
  ['an operation with half an index', { transforms: updates('a', ['n', 0.5, 0, []]) }],
  ['an operation that is cut short', { transforms: { updates: { a: [['n', 0]] } } }],
];

for (const [what, wrong] of INVALID) {
  repoPendCases(`refuses ${what}`, async bench => {
    const storage = await bench.open();
    const repo = repoOver(storage);
    const request = { trxId: 't', rev: 1, transforms: inserts({ a: {} }), policy: 'c', ...wrong } as PendRequest;
    const error = (await rejects(() => repo.pend(request), ['invalid-request'], 'the pend')) as { path?: string };
    ok(typeof error.path === 'string' && error.path !== '', 'the error names no path');
    same(await collect(storage.listBlockIds()), [], 'the blocks of the store');
  });
}

repoPendCases('keeps what it was given, whatever its caller does to it afterwards (INV-13)', async bench => {
  const repo = repoOver(await bench.open({ cacheBytesMax: 1 << 20 }));
  const bytes = Uint8Array.of(1, 2, 3);
  const list = [{ deep: [1] }];
  const transforms = { inserts: { a: { header: { ...HEADER }, bytes, list } } };
  const pended = repo.pend({ trxId: 't', rev: 1, transforms, policy: 'c' });
  bytes.fill(9);
  list.push({ deep: [2] });
  transforms.inserts.a.header.type = 'changed';
  succeeds(await pended, 'the pend');
  list.length = 0;
  succeeds(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 }), 'the commit');
  for (let i = 0; i < 2; i++) {
    const { block: found } = await read(repo, 'a');
    same(found, { header: HEADER, bytes: Uint8Array.of(1, 2, 3), list: [{ deep: [1] }] }, 'the block');
    (found?.bytes as Uint8Array).fill(7);
  }
});

repoPendCases('takes a transaction of two hundred blocks', async bench => {
  const repo = repoOver(await bench.open());
  const blocks = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`b${i}`, { i }]));
  await transact(repo, 't', 1, inserts(blocks));
  const found = await repo.get({ blockIds: Object.keys(blocks) });
  for (let i = 0; i < 200; i++) same(found[`b${i}`]?.block?.i, i, `block ${i}`);
});

repoPendCases('takes a transaction that touches no block', async bench => {
  const repo = repoOver(await bench.open());
  same(
    await repo.pend({ trxId: 't', rev: 1, transforms: {}, policy: 'c' }),
    { success: true, pending: [], blockIds: [] },
    'the pend',
  );
});
