import { describe, expect, it } from 'vitest';
import { MemoryDriver, RawStorage, type StorageRepo } from '@blockstrata/db-p2p/storage';
import type { ModelBackend } from './run-model.js';
import { runModel } from './run-model.js';

const memory: ModelBackend<RawStorage> = {
  open: cacheBytesMax => new RawStorage(new MemoryDriver(), { cacheBytesMax }),
  reopen: ({ driver }, cacheBytesMax) => new RawStorage(driver, { cacheBytesMax }),
  destroy: () => undefined,
};

/** The repository with one of its methods replaced. */
function broken(repo: StorageRepo, methods: Partial<StorageRepo>): StorageRepo {
  return new Proxy(repo, {
    get(target, name) {
      const replaced: unknown = Reflect.get(methods, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const BUGS: readonly (readonly [what: string, wrap: (repo: StorageRepo) => StorageRepo])[] = [
  [
    'commits only the first of its blocks',
    repo => broken(repo, { commit: (r, o) => repo.commit({ ...r, blockIds: r.blockIds.slice(0, 1) }, o) }),
  ],
  [
    'takes a fail policy for continue',
    repo => broken(repo, { pend: (r, o) => repo.pend({ ...r, policy: r.policy === 'f' ? 'c' : r.policy }, o) }),
  ],
  [
    'forgets the bases',
    repo =>
      broken(repo, {
        pend: ({ bases: _, ...rest }, o) => repo.pend(rest, o),
      }),
  ],
  ['cancels nothing', repo => broken(repo, { cancel: async () => undefined })],
  [
    'reads one revision below the pin',
    repo =>
      broken(repo, {
        get: (g, o) =>
          repo.get(
            g.context?.rev === undefined ? g : { ...g, context: { ...g.context, rev: Math.max(0, g.context.rev - 1) } },
            o,
          ),
      }),
  ],
  [
    'drops the last operation of an update',
    repo => broken(repo, { pend: (r, o) => repo.pend({ ...r, transforms: shortened(r.transforms) }, o) }),
  ],
];

function shortened(transforms: Parameters<StorageRepo['pend']>[0]['transforms']) {
  const updates = Object.create(null) as NonNullable<typeof transforms.updates>;
  for (const [id, operations] of Object.entries(transforms.updates ?? {}))
    updates[id] = operations.slice(0, Math.max(1, operations.length - 1));
  return { ...transforms, updates };
}

describe('the model catches a repository that', () => {
  for (const [what, wrap] of BUGS) {
    it(
      what,
      async () => {
        await expect(runModel(memory, 1_000, wrap)).rejects.toThrow(/Property failed after \d+ tests/);
      },
      120_000,
    );
  }
});
