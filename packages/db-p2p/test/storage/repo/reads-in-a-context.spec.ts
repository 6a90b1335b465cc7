import type { TrxContext } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const block = (id: string, list: string[]) => ({ header: { id, type: 't', collectionId: 'c' }, list });

/** Block `held` at revision 5 with three pendings, and block `new`, which is nothing but pending. */
async function repoWithPendings(): Promise<StorageRepo> {
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  await repo.pend({ trxId: 't5', transforms: { inserts: { held: block('held', []) } }, rev: 5, policy: 'c' });
  await repo.commit({ trxId: 't5', blockIds: ['held'], rev: 5 });
  for (const trxId of ['p', 'q', 'r']) {
    await repo.pend({ trxId, transforms: { updates: { held: [['list', 0, 0, [trxId]]] } }, policy: 'c' });
  }
  await repo.pend({ trxId: 'n', transforms: { inserts: { new: block('new', ['n']) } }, policy: 'c' });
  return repo;
}

const t5 = { trxId: 't5', rev: 5 };
const p7 = { trxId: 'p', rev: 7 };
const r6 = { trxId: 'r', rev: 6 };
const all = ['p', 'q', 'r'];

const READS: readonly (readonly [what: string, context: TrxContext, list: string[], rev: number, state: object])[] = [
  ['one that is committed elsewhere', { committed: [p7] }, ['p'], 7, { latest: p7, pendings: ['q', 'r'] }],
  ['two, in the order of their revisions', { committed: [p7, r6] }, ['p', 'r'], 7, { latest: p7, pendings: ['q'] }],
  [
    'all of them',
    { committed: [p7, r6, { trxId: 'q', rev: 8 }] },
    ['q', 'p', 'r'],
    8,
    { latest: { trxId: 'q', rev: 8 } },
  ],
  [
    'none at a revision that is taken here',
    { committed: [{ trxId: 'p', rev: 5 }] },
    [],
    5,
    { latest: t5, pendings: all },
  ],
  [
    'one below the pin, while the tip is above',
    { committed: [p7, r6], rev: 6 },
    ['r'],
    6,
    { latest: p7, pendings: ['q'] },
  ],
  ['its own over one', { committed: [r6], trxId: 'q' }, ['q', 'r'], 6, { latest: r6, pendings: ['p', 'q'] }],
  [
    'once where its own is committed too',
    { committed: [r6], trxId: 'r' },
    ['r'],
    6,
    { latest: r6, pendings: ['p', 'q'] },
  ],
];

describe('a read that knows of commits elsewhere applies', () => {
  it.each(READS)('%s', async (_what, context, list, rev, state) => {
    const repo = await repoWithPendings();
    expect(await repo.get({ blockIds: ['held'], context })).toEqual({
      held: { block: block('held', list), rev, state },
    });
  });

  it('one that inserts a block which is not held here, be it at revision 1', async () => {
    const repo = await repoWithPendings();
    const committed = [{ trxId: 'n', rev: 1 }];
    expect(await repo.get({ blockIds: ['new'], context: { committed } })).toEqual({
      new: { block: block('new', ['n']), rev: 1, state: { latest: committed[0] } },
    });
  });
});
