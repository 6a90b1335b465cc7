import { StoreLockedError } from '@blockstrata/db-core';
import { InProcessLocks, type LockTable } from './in-process-locks.js';

/** A held lock. */
export type OwnerLock = {
  /** Lets go; resolves when another may have it. */
  release(): Promise<void>;
};

/** How to take the lock of a store. */
export type LockOptions = {
  /** Wait for the owner to go away, instead of being refused. */
  wait: boolean;
  /** Ends the waiting; the rejection is its reason. */
  signal: AbortSignal | undefined;
  /** The lock was taken away by force. */
  onStolen: () => void;
};

const inProcess = new InProcessLocks();

/**
 * Makes this tab the owner of a store (INV-10). The browser itself lets go of the lock when the tab goes away, even by a
 * crash, and never before.
 *
 * @throws StoreLockedError if there is another owner, and no wish to wait.
 */
export async function acquireOwnerLock(store: string, options: LockOptions): Promise<OwnerLock> {
  const locks = lockTable();
  const name = `blockstrata:${store}`;
  const lock = await request(locks, name, options);
  if (lock === undefined) throw new StoreLockedError(store, await holderOf(locks, name));
  return lock;
}

function request(
  locks: LockTable,
  name: string,
  { wait, signal, onStolen }: LockOptions,
): Promise<OwnerLock | undefined> {
  return new Promise((resolve, reject) => {
    let letGo: (() => void) | undefined;
    const settled = locks
      .request(name, wait ? (signal === undefined ? {} : { signal }) : { ifAvailable: true }, lock => {
        if (lock === null) return resolve(undefined);
        return new Promise<void>(release => {
          letGo = release;
          resolve({ release: () => (release(), settled) });
        });
      })
      .catch((error: unknown) => {
        if (letGo !== undefined) onStolen();
        else reject((signal?.aborted === true ? signal.reason : error) as Error);
      });
  });
}

async function holderOf(locks: LockTable, name: string): Promise<string | undefined> {
  const { held = [] } = await locks.query();
  const holder = held.find(lock => lock.name === name)?.clientId;
  return holder === undefined ? undefined : `client ${holder}`;
}

function lockTable(): LockTable {
  return (globalThis as { navigator?: { locks?: LockTable } }).navigator?.locks ?? inProcess;
}
