import { ExpiredError, LimitExceededError, type BlockId, type Logger, type RepoOptions } from '@blockstrata/db-core';
import type { IBlockStorage } from '../block/block-storage.js';
import type { Coordination } from '../block/coordination.js';
import type { IRawStorage } from '../raw-storage.js';
import type { LogEntry } from '../records.js';

/** What the operations of a repository work with. */
export type RepoContext = {
  readonly storage: IRawStorage;
  readonly coordination: Coordination;
  readonly log: Logger;
  readonly restoreUnknown: boolean;
  /** The versions of a block, which must lie in `storage`. */
  blockStorage(blockId: BlockId): IBlockStorage;
  readonly gate: CallGate;
  /** Tells listeners what was committed. */
  announce(entries: readonly LogEntry[]): void;
};

/** Whether the time of a call has passed. */
export function isExpired({ storage }: RepoContext, { expiration }: RepoOptions): boolean {
  return expiration !== undefined && storage.clock.now() >= expiration;
}

/** Throws where a call should not begin: aborted, or expired. @throws ExpiredError · `signal.reason` */
export function requireLive(context: RepoContext, options: RepoOptions): void {
  options.signal?.throwIfAborted();
  if (options.expiration !== undefined && isExpired(context, options)) throw new ExpiredError(options.expiration);
}

/** Bounds the calls that are under way at once (INV-12). */
export class CallGate {
  readonly #callsMax: number;
  #calls = 0;

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  /** Lets a call begin. @throws LimitExceededError if too many are under way. */
  enter(): void {
    if (this.#calls >= this.#callsMax) {
      throw new LimitExceededError('callsInFlightMax', this.#callsMax, 'the repository has too many calls under way');
    }
    this.#calls++;
  }

  /** Says that a call has ended. */
  leave(): void {
    this.#calls--;
  }
}
