import { InvalidRequestError, LimitExceededError, type BlockOperation, type Limits } from '@blockstrata/db-core';
import { MemoryRawStorage } from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { openRepo } from './history.js';

function repoWith(limits: Partial<Limits>) {
  return openRepo(new MemoryRawStorage({ limits }));
}

const block = (id: string, text = '') => ({ header: { id, type: 't', collectionId: 'c' }, text });
const setText = (text: string): BlockOperation[] => [['text', -1, 0, text]];

/** Keeps the batch that was made last. */
class MeasuringStorage extends MemoryRawStorage {
  newest = super.batch();

  override batch() {
    this.newest = super.batch();
    return this.newest;
  }
}

async function insert(repo: ReturnType<typeof openRepo>, ...ids: string[]): Promise<void> {
  const inserts = Object.fromEntries(ids.map(id => [id, block(id)]));
  await repo.pend({ trxId: 'insert', transforms: { inserts }, rev: 1, policy: 'f' });
  await repo.commit({ trxId: 'insert', blockIds: ids, rev: 1 });
}

describe('a bound of limits.ts (INV-12)', () => {
  it('refuses one more pending transaction on a block, and takes it again when one is gone', async () => {
    const repo = repoWith({ blockPendingsMax: 3, listedPendingsMax: 3 });
    await insert(repo, 'a');
    const pend = (trxId: string) => repo.pend({ trxId, transforms: { updates: { a: setText(trxId) } }, policy: 'c' });
    for (const trxId of ['t1', 't2', 't3']) expect(await pend(trxId)).toMatchObject({ success: true });
    await expect(pend('t4')).rejects.toThrow(InvalidRequestError);
    await repo.cancel({ trxId: 't2', blockIds: ['a'] });
    expect(await pend('t4')).toMatchObject({ success: true });
  });

  it('refuses a call beyond those that may be under way, and takes it again later', async () => {
    const repo = repoWith({ callsInFlightMax: 2 });
    const calls = [1, 2, 3].map(() => repo.get({ blockIds: ['a'], context: { rev: 1 } }));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    await expect(calls[2]).rejects.toThrow(LimitExceededError);
    await expect(repo.get({ blockIds: ['a'] })).resolves.toBeDefined();
  });

  it('refuses a block that is too large, inserted so or grown so', async () => {
    const repo = repoWith({ blockBytesMax: 10_000 });
    const large = { a: block('a', 'x'.repeat(20_000)) };
    await expect(repo.pend({ trxId: 't', transforms: { inserts: large }, policy: 'f' })).rejects.toThrow(/transforms/);
    await insert(repo, 'a');
    const grown = { updates: { a: setText('x'.repeat(9_000)) } };
    expect(await repo.pend({ trxId: 't1', transforms: grown, rev: 2, policy: 'f' })).toMatchObject({ success: true });
    await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 2 });
    const more: BlockOperation[] = [['more', -1, 0, 'x'.repeat(5_000)]];
    const pended = repo.pend({ trxId: 't2', transforms: { updates: { a: more } }, rev: 3, policy: 'f' });
    await expect(pended).rejects.toThrow(InvalidRequestError);
  });

  it('takes a block of exactly the bound, and none that is a byte larger', async () => {
    const inserts = { a: block('a', 'x'.repeat(5_000)) };
    const blockBytes = new MemoryRawStorage().batch().saveMaterializedBlock('a', 't', inserts.a).byteLength;
    const request = { trxId: 't', transforms: { inserts }, policy: 'f' } as const;
    expect(await repoWith({ blockBytesMax: blockBytes }).pend(request)).toMatchObject({ success: true });
    await expect(repoWith({ blockBytesMax: blockBytes - 1 }).pend(request)).rejects.toThrow(InvalidRequestError);
  });

  it('takes calls of exactly the bound, and none that are a byte larger', async () => {
    const inserts = { a: block('a', 'x'.repeat(1_000)), b: block('b', 'x'.repeat(1_000)) };
    const measuring = new MeasuringStorage();
    const measured = openRepo(measuring);
    const pend = { trxId: 't', transforms: { inserts }, policy: 'f' } as const;
    const commit = { trxId: 't', blockIds: ['a', 'b'], rev: 1 };
    await measured.pend(pend);
    const pendBytes = measuring.newest.byteLength;
    await measured.commit(commit);
    const commitBytes = measuring.newest.byteLength;
    expect(commitBytes).toBeGreaterThan(pendBytes);
    const bound = (callBytesMax: number) => repoWith({ blockBytesMax: 1_500, callBytesMax });
    expect(await bound(pendBytes).pend(pend)).toMatchObject({ success: true });
    await expect(bound(pendBytes - 1).pend(pend)).rejects.toThrow('split the transaction');
    const [wide, narrow] = [bound(commitBytes), bound(commitBytes - 1)];
    await wide.pend(pend);
    await narrow.pend(pend);
    expect(await wide.commit(commit)).toEqual({ success: true });
    await expect(narrow.commit(commit)).rejects.toThrow('several calls');
  });

  it('takes the deletion of the largest block', async () => {
    const repo = repoWith({ blockBytesMax: 10_000 });
    const inserts = { a: block('a', 'x'.repeat(9_900)) };
    await repo.pend({ trxId: 't1', transforms: { inserts }, rev: 1, policy: 'f' });
    await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1 });
    expect(await repo.pend({ trxId: 't2', transforms: { deletes: ['a'] }, rev: 2, policy: 'f' })).toMatchObject({
      success: true,
    });
  });

  it('refuses a commit whose copies are too large together, and takes it in several calls', async () => {
    const repo = repoWith({ blockBytesMax: 10_000, callBytesMax: 30_000 });
    const ids = ['a', 'b', 'c', 'd'];
    await insert(repo, ...ids);
    for (const [i, id] of ids.entries()) {
      const trxId = `grow-${id}`;
      await repo.pend({
        trxId,
        transforms: { updates: { [id]: setText('x'.repeat(9_000)) } },
        rev: 2 + i,
        policy: 'f',
      });
      await repo.commit({ trxId, blockIds: [id], rev: 2 + i });
    }
    const updates = Object.fromEntries(ids.map(id => [id, [['small', -1, 0, 1]] as BlockOperation[]]));
    await repo.pend({ trxId: 'all', transforms: { updates }, rev: 9, policy: 'f' });
    await expect(repo.commit({ trxId: 'all', blockIds: ids, rev: 9 })).rejects.toThrow(/several calls/);
    expect(await repo.commit({ trxId: 'all', blockIds: ['a', 'b'], rev: 9 })).toEqual({ success: true });
    expect(await repo.commit({ trxId: 'all', blockIds: ['c', 'd'], rev: 9 })).toEqual({ success: true });
    expect((await repo.verify()).violations).toEqual([]);
  });
});
