import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentEquals } from '@blockstrata/db-core';
import { BlockStorage, MemoryRawStorage, StorageRepo, type BlockArchive } from '@blockstrata/db-p2p/storage';
import { randomRuns, RUNS_FACTOR } from '../random-runs.js';
import { anything, onlyTypedErrors } from './hostile.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

function honestArchive(): BlockArchive {
  return {
    blockId: 'a',
    range: [1],
    revisions: {
      1: { trx: { trxId: 't1', rev: 1, transform: { insert: { header, list: [1] } } }, base: 0 },
      3: { trx: { trxId: 't3', rev: 3, transform: { updates: [['list', 1, 0, [3]]] } }, base: 1 },
      9: {
        trx: { trxId: 't9', rev: 9, transform: { updates: [['list', 2, 0, [9]]] } },
        base: 3,
        block: { header, list: [1, 3, 9] },
      },
    },
  };
}

/** A change at a random place of a value: another value, or none. */
type Mutation = { readonly path: readonly number[]; readonly value: unknown; readonly removes: boolean };

const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    path: fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 7 }),
    value: fc.oneof(anything, fc.constantFrom<unknown>(0, 1, 2, 3, 9, 2 ** 53 - 1, 't1', 't3', 'a', [], {}, [1])),
    removes: fc.boolean(),
  }),
  { maxLength: 2 },
);

function mutate(target: unknown, { path, value, removes }: Mutation): void {
  let parent = target as Record<string, unknown>;
  for (let depth = 0; ; depth++) {
    const keys = Object.keys(parent);
    const key = keys[(path[depth] ?? 0) % Math.max(1, keys.length)];
    if (key === undefined) return;
    const child = parent[key];
    if (depth === path.length - 1 || typeof child !== 'object' || child === null) {
      if (removes) Reflect.deleteProperty(parent, key);
      else Reflect.set(parent, key, value);
      return;
    }
    parent = child as Record<string, unknown>;
  }
}

async function contents(storage: MemoryRawStorage): Promise<string> {
  const all: string[] = [];
  for (const kind of ['meta', 'rev', 'trx', 'block', 'pend', 'log'] as const) {
    for await (const { key, bytes } of storage.scanRecords(kind))
      all.push(key.encoded, Buffer.from(bytes).toString('hex'));
  }
  return all.join('\n');
}

describe('fuzzed archives', () => {
  it(
    'are installed whole and sound, or refused with a typed error and nothing changed (INV-11)',
    async () => {
      let installed = 0;
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(mutations, fc.boolean(), async (changes, heldBefore) => {
          const archive = structuredClone(honestArchive());
          for (const change of changes) mutate(archive, change);
          const storage = new MemoryRawStorage();
          const repo = new StorageRepo(id => new BlockStorage(id, storage, async () => archive), {
            storage,
            restoreUnknown: true,
          });
          if (heldBefore) {
            await repo.pend({ trxId: 't1', transforms: { inserts: { a: { header, list: [1] } } }, policy: 'c' });
            await repo.commit({ trxId: 't1', blockIds: ['a'], rev: 1 });
          }
          const before = await contents(storage);
          if (await onlyTypedErrors(() => repo.refresh(['a']))) {
            installed++;
            const { a } = await repo.get({ blockIds: ['a'] });
            expect(a?.unavailable).toBeUndefined();
            if (heldBefore)
              expect((await repo.get({ blockIds: ['a'], context: { rev: 1 } }))['a']?.block).toEqual({
                header,
                list: [1],
              });
          } else {
            refused++;
            expect(await contents(storage)).toBe(before);
          }
          expect((await repo.verify()).violations).toEqual([]);
          if (changes.length === 0)
            expect(contentEquals((await repo.get({ blockIds: ['a'] }))['a']?.block, { header, list: [1, 3, 9] })).toBe(
              true,
            );
          await storage.close();
        }),
        { ...randomRuns('test/fuzz/archives.spec.ts', 3_000, 'inputs'), timeout: 5_000 },
      );
      expect(installed).toBeGreaterThan(100 * Math.min(1, RUNS_FACTOR));
      expect(refused).toBeGreaterThan(100 * Math.min(1, RUNS_FACTOR));
    },
    120_000 * RUNS_FACTOR,
  );
});
