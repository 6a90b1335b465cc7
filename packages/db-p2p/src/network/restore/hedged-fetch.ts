import type { Clock } from '@blockstrata/db-core';
import type { NetworkLimits } from '../limits.js';
import type { SyncClient } from '../sync/sync-client.js';

/** One attempt to get something from a holder. */
export type Attempt<T> = (holder: SyncClient, signal: AbortSignal, onLife: () => void) => Promise<T | undefined>;

/** How a fetch is hedged. */
export type HedgeInit = {
  readonly limits: Pick<NetworkLimits, 'hedgeMs' | 'holdersAskedMax'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onFailure: (holder: SyncClient, error: unknown) => void;
};

/** What a hedged fetch came to. */
export type Fetched<T> = { readonly holder: SyncClient; readonly value: T };

/**
 * Asks holders in their order until one delivers: the next one when one fails or has nothing, and also when nothing has
 * arrived for a while. The first to deliver wins, and the others are called off. `undefined`: nobody delivered.
 *
 * Holders that were asked are removed from `holders`.
 */
export async function hedgedFetch<T>(
  holders: SyncClient[],
  attempt: Attempt<T>,
  init: HedgeInit,
): Promise<Fetched<T> | undefined> {
  const { limits, clock, signal, onFailure } = init;
  const race = new AbortController();
  const won = Promise.withResolvers<Fetched<T> | undefined>();
  const onAbort = (): void => {
    race.abort(signal.reason);
    won.reject(signal.reason as Error);
  };
  let running = 0;
  let callOffHedge: (() => void) | undefined;
  const watch = (): void => {
    callOffHedge?.();
    callOffHedge = clock.after(limits.hedgeMs, startNext);
  };
  function startNext(): void {
    if (race.signal.aborted || running === limits.holdersAskedMax) return;
    const holder = holders.shift();
    if (holder === undefined) {
      if (running === 0) won.resolve(undefined);
      return;
    }
    running++;
    watch();
    attempt(holder, race.signal, watch)
      .then(value => {
        if (value !== undefined) won.resolve({ holder, value });
      })
      .catch((error: unknown) => {
        if (!race.signal.aborted) onFailure(holder, error);
      })
      .finally(() => {
        running--;
        startNext();
      });
  }
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    startNext();
    return await won.promise;
  } finally {
    callOffHedge?.();
    // A listener that stays keeps a combined signal alive for good, and all that was fetched with it.
    signal.removeEventListener('abort', onAbort);
    race.abort(new DOMException('another holder was faster', 'AbortError'));
  }
}
