import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockGets, CommitRequest, PendRequest, RepoOptions, TrxBlocks } from '@blockstrata/db-core';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { randomRuns, RUNS_FACTOR } from '../random-runs.js';
import { anyIds, anything, onlyTypedErrors } from './hostile.js';

const FILE = 'test/fuzz/requests.spec.ts';
const TIMEOUT_MS = 120_000 * RUNS_FACTOR;
const RUN_TIMEOUT_MS = 5_000;

function memoryRepo(): { repo: StorageRepo; storage: MemoryRawStorage } {
  const storage = new MemoryRawStorage();
  return { storage, repo: new StorageRepo(id => new BlockStorage(id, storage), { storage }) };
}

describe('fuzzed requests', () => {
  it(
    'of any shape end in an answer or a typed error, and leave the repository sound',
    async () => {
      const { repo, storage } = memoryRepo();
      const header = { id: 'a', type: 't', collectionId: 'a' };
      await repo.pend({ trxId: 't', transforms: { inserts: { a: { header, list: [1] } } }, policy: 'c' });
      await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 });
      const requests = fc.oneof(
        anything,
        fc.record(
          {
            trxId: fc.oneof(anyIds, anything),
            transforms: anything,
            policy: fc.oneof(fc.constant('c'), anything),
            rev: anything,
            bases: anything,
          },
          { requiredKeys: [] },
        ),
        fc.record({
          trxId: anyIds,
          policy: fc.constantFrom('c', 'f', 'r'),
          transforms: fc.record({
            updates: fc.record({
              a: fc.array(fc.oneof(anything, fc.tuple(anyIds, fc.integer(), fc.integer(), anything))),
            }),
          }),
        }),
        fc.record({
          trxId: anyIds,
          policy: fc.constant('c'),
          transforms: fc.record(
            {
              inserts: fc.dictionary(
                anyIds,
                fc.record({ header: fc.oneof(anything, fc.constant(header)), x: anything }),
              ),
              deletes: fc.array(fc.oneof(anyIds, anything)),
            },
            { requiredKeys: [] },
          ),
        }),
        fc.record(
          {
            blockIds: fc.oneof(fc.array(fc.oneof(anyIds, anything)), anything),
            trxId: anyIds,
            rev: anything,
            context: fc.oneof(
              anything,
              fc.record(
                { rev: anything, committed: fc.oneof(anything, fc.array(anything)), trxId: anything },
                { requiredKeys: [] },
              ),
            ),
          },
          { requiredKeys: [] },
        ),
      );
      const options = fc.oneof(
        { weight: 4, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: anything.filter(value => !waitsForEver(value)) },
      );
      await fc.assert(
        fc.asyncProperty(requests, options, async (request, fuzzed) => {
          await onlyTypedErrors(() => repo.pend(withoutWaiting(request) as PendRequest, fuzzed as RepoOptions));
          await onlyTypedErrors(() => repo.commit(request as CommitRequest, fuzzed as RepoOptions));
          await onlyTypedErrors(() => repo.cancel(request as TrxBlocks, fuzzed as RepoOptions));
          await onlyTypedErrors(() => repo.get(request as BlockGets, fuzzed as RepoOptions));
        }),
        { ...randomRuns(FILE, 5_000, 'inputs'), timeout: RUN_TIMEOUT_MS },
      );
      const { violations } = await repo.verify();
      expect(violations).toEqual([]);
      expect((await repo.get({ blockIds: ['a'], context: { rev: 1 } }))['a']?.block).toEqual({ header, list: [1] });
      await storage.close();
    },
    TIMEOUT_MS,
  );

  it(
    'under any id are refused, or work like any other',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyIds, anyIds, async (blockId, trxId) => {
          const { repo, storage } = memoryRepo();
          const block = { header: { id: blockId, type: 't', collectionId: blockId }, n: 1 };
          const inserts = Object.create(null) as Record<string, typeof block>;
          inserts[blockId] = block;
          const legal = [blockId, trxId].every(id => id !== '' && id.isWellFormed() && Buffer.byteLength(id) <= 256);
          const pended = await onlyTypedErrors(() => repo.pend({ trxId, transforms: { inserts }, policy: 'f' }));
          expect(pended).toBe(legal);
          if (!legal) return;
          expect(await repo.commit({ trxId, blockIds: [blockId], rev: 1 })).toEqual({ success: true });
          const results = await repo.get({ blockIds: [blockId] });
          expect(results[blockId]).toEqual({ block, rev: 1, state: { latest: { trxId, rev: 1 } } });
          expect(Object.keys(results)).toEqual([blockId]);
          await storage.close();
        }),
        { ...randomRuns(FILE, 2_000, 'inputs'), timeout: RUN_TIMEOUT_MS },
      );
    },
    TIMEOUT_MS,
  );
});

/** A pend that waits for others is right to: here nobody would end it. */
function withoutWaiting(request: unknown): unknown {
  const isWaiting = typeof request === 'object' && request !== null && 'policy' in request && request.policy === 'w';
  return isWaiting ? { ...request, policy: 'c' } : request;
}

function waitsForEver(options: unknown): boolean {
  return (
    typeof options === 'object' && options !== null && 'signal' in options && options.signal instanceof AbortSignal
  );
}
