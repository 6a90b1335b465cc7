import { Latches, type BlockId, type RestoreFailedError } from '@blockstrata/db-core';
import { LRUCache } from '#platform';
import type { IRawStorage } from '../raw-storage.js';
import { PendQueue } from './pend-queue.js';
import { SingleFlight } from './single-flight.js';

/** A restoration that failed, and when it may be tried again. */
export type RestoreFailure = {
  readonly error: RestoreFailedError;
  readonly failures: number;
  readonly retryAt: number;
};

/**
 * What all users of one storage share. It belongs to the storage and not to a BlockStorage or StorageRepo object:
 * factories may build those anew for each call.
 */
export type Coordination = {
  readonly latches: Latches;
  /** Who waits for pendings to go, in the order in which they came. */
  readonly pendQueue: PendQueue;
  readonly restorations: SingleFlight;
  readonly restoreFailures: LRUCache<BlockId, RestoreFailure>;
};

const coordinations = new WeakMap<IRawStorage, Coordination>();

/** The coordination of a storage. */
export function coordinationOf(storage: IRawStorage): Coordination {
  let coordination = coordinations.get(storage);
  if (coordination === undefined) {
    coordination = {
      latches: new Latches(),
      pendQueue: new PendQueue(),
      restorations: new SingleFlight(),
      restoreFailures: new LRUCache<BlockId, RestoreFailure>({ max: storage.limits.restoreFailuresMax }),
    };
    coordinations.set(storage, coordination);
  }
  return coordination;
}
