import { describe, expect, it } from 'vitest';
import type { BlockGets, GetBlockResult } from '@blockstrata/db-core';
import type { DriverWrite, StorageRepo } from '@blockstrata/db-p2p/storage';
import { RUNS_FACTOR } from '../random-runs.js';
import { runInterleavings, type Breakage } from './run-interleavings.js';
import type { ScheduledDriver } from './scheduled-driver.js';

/** A driver or repository with one of its methods replaced. */
function broken<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const inTwoReads = (repo: StorageRepo) =>
  broken(repo, {
    async get({ blockIds, ...rest }: BlockGets) {
      const results: Record<string, GetBlockResult> = {};
      for (const blockId of blockIds) Object.assign(results, await repo.get({ blockIds: [blockId], ...rest }));
      return results;
    },
  });

const acknowledgesEarly = (driver: ScheduledDriver) => {
  let writing: Promise<void> = Promise.resolve();
  return broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      writing = writing.then(() => driver.write(writes));
    },
  });
};

const losesWrites = (driver: ScheduledDriver) => {
  let count = 0;
  return broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      if (++count % 3 !== 0) await driver.write(writes);
    },
  });
};

const writesInHalves = (driver: ScheduledDriver) =>
  broken(driver, {
    async write(writes: readonly DriverWrite[]) {
      await driver.write(writes.filter((_, i) => i % 2 === 1));
    },
  });

const letsAllPendsThrough = (repo: StorageRepo) =>
  broken(repo, { pend: request => repo.pend({ ...request, policy: 'c' }) });

const BUGS: readonly (readonly [what: string, breakage: Breakage])[] = [
  ['reads its blocks one after the other (INV-2)', { repo: inTwoReads }],
  ['acknowledges before it has written (INV-1)', { driver: acknowledgesEarly }],
  ['loses every third write (INV-1)', { driver: losesWrites }],
  ['writes half of each batch (INV-2)', { driver: writesInHalves }],
  ['lets every pend through (INV-8)', { repo: letsAllPendsThrough }],
];

describe('the interleavings catch a store that', () => {
  for (const [what, breakage] of BUGS) {
    it(
      what,
      async () => {
        await expect(runInterleavings(500, breakage)).rejects.toThrow(/Property failed after \d+ tests/);
      },
      120_000,
    );
  }
});

describe('coordinators side by side', () => {
  it(
    'see one order of everything, whatever the order of the steps below (INV-2, INV-4, INV-5, INV-8)',
    () => runInterleavings(500),
    120_000 * RUNS_FACTOR,
  );
});
