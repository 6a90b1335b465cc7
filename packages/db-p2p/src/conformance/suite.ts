import type { Durability } from '../storage/driver/store-driver.js';
import type { RecordKey } from '../storage/driver/record-key.js';
import type { RawStorageOptions } from '../storage/kernel/raw-storage.js';
import type { IRawStorage } from '../storage/raw-storage.js';
import { ConformanceError } from './assertions.js';
import type { ConformanceCase, Need } from './case.js';
import { ALL_CASES } from './cases/index.js';
import { StoreBench } from './store-bench.js';

/** How long one case may take. */
const CASE_TIMEOUT_MS = 25_000;

/** What a backend declares of itself; everything is expected of it unless it says otherwise. */
export type ConformanceSupports = {
  /** `reopen` finds what was stored. Default true. */
  readonly persistence?: boolean;
  /** A second owner of an open store is refused with a StoreLockedError. Default true. */
  readonly locking?: boolean;
  /** Which durabilities a store can be opened with. Default both. */
  readonly durability?: readonly Durability[];
  /** The stores are RawStorages, so their drivers can be tried directly. Default true. */
  readonly driver?: boolean;
};

/** How the suite makes an engine fail. Each that is missing is declared: its cases are shown as skipped. */
export type ConformanceFaults<S extends IRawStorage> = {
  /**
   * Changes a bit in the stored value of this record, behind the back of the store, which it may close for that.
   * Returns a store that is open on what was damaged. Opening it may also reject, with a CorruptRecordError.
   */
  damage?(storage: S, key: RecordKey): Promise<S>;
  /** From now on the engine fails whenever it is to read; the driver is to pass it on as a StorageIoError. */
  failReads?(storage: S): Promise<void> | void;
  /** The engine fails its next write when some of it is done and some is not; after that it works again. */
  failNextWrite?(storage: S): Promise<void> | void;
};

/** What the suite needs: a test runner's functions, and a backend's life. */
export type ConformanceOptions<S extends IRawStorage = IRawStorage> = {
  /** Groups cases: `describe` of vitest, node:test, mocha, jasmine. */
  describe(name: string, body: () => void): void;
  /** Declares a case. Where it has a `skip`, cases that do not apply go there, so that they can be seen; else none is declared. */
  it: ((name: string, body: () => Promise<void>) => unknown) & { skip?: (name: string) => unknown };
  /** A new, empty store, apart from all others; it may be open or not. The options are for its constructor. */
  open(options: RawStorageOptions): Promise<S> | S;
  /** A new object on the same store. The suite has closed the old one, except where it tries the lock. */
  reopen(storage: S, options: RawStorageOptions): Promise<S> | S;
  /** Removes a store, which is closed. */
  destroy(storage: S): Promise<void> | void;
  supports?: ConformanceSupports;
  faults?: ConformanceFaults<S>;
};

/**
 * Declares the whole conformance suite for one backend, as tests of the given runner: what every IRawStorage must do,
 * what a StorageRepo over it must do, and, where the store is a RawStorage, what its StoreDriver must do.
 *
 * @returns how many cases there are, and how many of them are skipped.
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test';
 * import { conformance } from '@blockstrata/db-p2p/conformance';
 * import { MemoryDriver, RawStorage } from '@blockstrata/db-p2p/storage';
 *
 * conformance({
 *   describe,
 *   it,
 *   open: options => new RawStorage(new MemoryDriver(), options),
 *   reopen: (storage, options) => new RawStorage(storage.driver, options),
 *   destroy: () => undefined,
 * });
 * ```
 */
export function conformance<S extends IRawStorage>(options: ConformanceOptions<S>): { cases: number; skipped: number } {
  const met = needsMet(options);
  const unmetNeeds = ({ needs }: ConformanceCase) => needs.filter(need => !met.has(need));
  for (const [group, cases] of byGroup(ALL_CASES)) {
    options.describe(group, () => {
      for (const one of cases) {
        const unmet = unmetNeeds(one);
        if (unmet.length === 0) options.it(one.name, () => runCase(options, one.run));
        else options.it.skip?.(`${one.name} (skipped: the backend declares no ${unmet.join(', ')})`);
      }
    });
  }
  return { cases: ALL_CASES.length, skipped: ALL_CASES.filter(one => unmetNeeds(one).length > 0).length };
}

/** How many cases the suite has. */
export const CONFORMANCE_CASE_COUNT: number = ALL_CASES.length;

async function runCase<S extends IRawStorage>(options: ConformanceOptions<S>, run: ConformanceCase['run']) {
  const bench = new StoreBench(options);
  try {
    await withDeadline(run(bench));
  } finally {
    await withDeadline(bench.destroyAll());
  }
}

async function withDeadline(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ConformanceError(`nothing came of it in ${CASE_TIMEOUT_MS} ms`)),
      CASE_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function needsMet<S extends IRawStorage>({ supports = {}, faults = {} }: ConformanceOptions<S>): Set<Need> {
  const met = new Set<Need>();
  if (supports.driver !== false) met.add('driver');
  if (supports.persistence !== false) met.add('persistence');
  if (supports.locking !== false) met.add('locking');
  if (supports.durability?.includes('relaxed') !== false) met.add('relaxed');
  if (faults.damage !== undefined) met.add('damage');
  if (faults.failReads !== undefined) met.add('failing-reads');
  if (faults.failNextWrite !== undefined) met.add('failing-writes');
  return met;
}

function byGroup(all: readonly ConformanceCase[]): Map<string, ConformanceCase[]> {
  const groups = new Map<string, ConformanceCase[]>();
  for (const one of all) {
    const group = groups.get(one.group);
    if (group === undefined) groups.set(one.group, [one]);
    else group.push(one);
  }
  return groups;
}
