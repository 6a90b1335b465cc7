import { expect } from 'vitest';
import { contentEquals, type BlockId } from '@blockstrata/db-core';
import type { RealRepo } from './commands.js';
import type { ModelRepo } from './model-repo.js';
import { BLOCK_IDS } from './requests.js';

/** Everything that a store holds, against the model: blocks, tips, every revision and between, pendings, the log. */
export async function expectSameState(
  model: ModelRepo,
  { repo, storage }: Pick<RealRepo, 'repo' | 'storage'>,
  blockIds: readonly BlockId[] = BLOCK_IDS,
): Promise<void> {
  expect((await collect(storage.listBlockIds())).sort()).toEqual([...model.blocks.keys()].sort());
  for (const blockId of blockIds) {
    const block = model.blocks.get(blockId);
    const pendings = await collect(storage.listPendingTransactions(blockId));
    expect(pendings.map(({ trxId }) => trxId).sort()).toEqual([...(block?.pendings.keys() ?? [])].sort());
    for (const { trxId, pending } of pendings) {
      expect(contentEquals(pending.transform, block?.pendings.get(trxId)?.transform)).toBe(true);
      expect(pending.base).toBe(block?.pendings.get(trxId)?.base);
    }
    const revisions = await collect(storage.listRevisions(blockId, 1, Number.MAX_SAFE_INTEGER));
    expect(revisions.map(({ rev, trxId }) => [rev, trxId])).toEqual(
      block?.history.map(({ rev, trxId }) => [rev, trxId]) ?? [],
    );
    for (const { rev, trxId, transform } of block?.history ?? []) {
      const held = await storage.getTransaction(blockId, trxId);
      expect(held?.rev).toBe(rev);
      expect(contentEquals(held?.transform, transform)).toBe(true);
    }
  }
  await expectSameReads(model, repo, blockIds);
  const log = await collect(storage.readLog());
  expect(log.map(({ seq, trxId, rev, blockIds }) => ({ seq, trxId, rev, blockIds: [...blockIds].sort() }))).toEqual(
    model.log.map((entry, i) => ({ seq: i + 1, ...entry })),
  );
  expect((await repo.verify()).violations).toEqual([]);
}

async function expectSameReads(model: ModelRepo, repo: RealRepo['repo'], blockIds: readonly BlockId[]): Promise<void> {
  const revs = new Set(
    [...model.blocks.values()].flatMap(({ history }) =>
      history.flatMap(({ rev }) => [rev - 1, rev, Math.min(rev + 1, Number.MAX_SAFE_INTEGER)]),
    ),
  );
  for (const rev of [undefined, ...revs]) {
    const gets = { blockIds: [...blockIds], ...(rev === undefined ? {} : { context: { rev } }) };
    const [results, expected] = [await repo.get(gets), model.get(gets)];
    for (const [blockId, result] of expected) {
      if (!contentEquals(results[blockId], result)) expect(results[blockId], `${blockId} at ${rev}`).toEqual(result);
    }
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
