import { BlockstrataError, contentEquals } from '@blockstrata/db-core';
import type { LogEntry, StorageRepo } from '@blockstrata/db-p2p/storage';
import { wrong } from './world-error.js';

/** Follows the commits of a store from one life to the next: no gap, no repeat, and nothing that is gone later (INV-3). */
export class Feed {
  readonly #seen: LogEntry[] = [];

  /** Takes down entries until the store closes. */
  async follow(repo: StorageRepo): Promise<void> {
    try {
      for await (const entry of repo.changes({ from: this.#seen.length })) this.#seen.push(entry);
    } catch (error) {
      if (!(error instanceof BlockstrataError)) throw error;
    }
  }

  /** What was told of must be in the log, in the same places. */
  check(log: readonly LogEntry[]): void {
    for (const [i, entry] of this.#seen.entries()) {
      if (!contentEquals(entry, log[i])) {
        wrong(`INV-3: the feed told of ${JSON.stringify(entry)}, and the log has ${JSON.stringify(log[i])} there`);
      }
    }
  }
}
