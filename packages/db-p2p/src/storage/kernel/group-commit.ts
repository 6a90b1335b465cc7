import { StorageIoError, StorePoisonedError } from '@blockstrata/db-core';
import { nextTurn } from '#platform';
import type { DriverWrite, StoreDriver } from '../driver/store-driver.js';
import type { LogEntry } from '../records.js';
import type { RecordCodec } from './codec.js';
import { EMPTY_LOG, extendLog, type LogHead } from './commit-log.js';
import type { InFlight } from './in-flight.js';
import type { KernelMetrics } from './metrics.js';
import type { SealedBatch } from './raw-batch.js';
import type { RecordCache } from './record-cache.js';

type Waiting = {
  readonly batch: SealedBatch;
  entries: readonly LogEntry[];
  readonly resolve: (entries: readonly LogEntry[]) => void;
  readonly reject: (error: unknown) => void;
  /** Stops listening for an abort. */
  withdrawn: (() => void) | undefined;
};

type Group = { readonly members: Waiting[]; readonly writes: DriverWrite[]; readonly head: LogHead };

/** What the group commit works with. */
export type GroupCommitParts = {
  readonly driver: StoreDriver;
  readonly codec: RecordCodec;
  readonly cache: RecordCache;
  readonly inFlight: InFlight;
  readonly metrics: KernelMetrics;
  readonly groupBytesMax: number;
  /** Called when the log has grown, and readers can see it. */
  onLogGrowth(): void;
};

/**
 * Writes batches in the order they come, one write of the driver at a time. While one is under way the next batches
 * gather, and go down together: one sync serves them all (group commit, as in DeWitt et al., SIGMOD 1984). The order of
 * the commit log is the order of the batches.
 */
export class GroupCommit {
  readonly #parts: GroupCommitParts;
  #queue: Waiting[] = [];
  #head: LogHead = EMPTY_LOG;
  #running: Promise<void> | undefined;
  #poison: unknown;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  /** Where the visible log ends. */
  get logHead(): LogHead {
    return this.#head;
  }

  /** Whether a write has failed since the store was opened (INV-7). */
  get poisoned(): boolean {
    return this.#poison !== undefined;
  }

  /** Starts afresh on a store whose log ends at `head`. */
  reset(head: LogHead): void {
    this.#head = head;
    this.#poison = undefined;
  }

  /** Queues a batch; see `RawBatch.write`. */
  submit(batch: SealedBatch, signal: AbortSignal | undefined): Promise<readonly LogEntry[]> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#poison !== undefined) throw this.#poisoned();
      const waiting: Waiting = { batch, entries: [], resolve, reject, withdrawn: undefined };
      if (signal !== undefined) this.#listen(waiting, signal);
      this.#queue.push(waiting);
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that was queued is settled. */
  async drain(): Promise<void> {
    await this.#running;
  }

  /** Until the driver has it, an abort takes the batch back whole (INV-8). */
  #listen(waiting: Waiting, signal: AbortSignal): void {
    const withdraw = () => {
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
      waiting.reject(signal.reason);
    };
    signal.addEventListener('abort', withdraw);
    waiting.withdrawn = () => signal.removeEventListener('abort', withdraw);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#gather();
      let company = false;
      try {
        await this.#write(group);
        company = group.members.length > 1 || this.#queue.length > 0;
        for (const { resolve, entries } of group.members) resolve(entries);
      } catch (error) {
        this.#fail(group, error);
      }
      // Those that were answered go on first, so that what they hand in next joins the next group: half as many syncs.
      if (company) await nextTurn();
    }
    this.#running = undefined;
  }

  #gather(): Group {
    const members: Waiting[] = [];
    const writes: DriverWrite[] = [];
    let head = this.#head;
    let bytes = 0;
    for (const waiting of this.#queue) {
      if (members.length > 0 && bytes + waiting.batch.byteLength > this.#parts.groupBytesMax) break;
      bytes += waiting.batch.byteLength;
      members.push(waiting);
      waiting.withdrawn?.();
      for (const write of waiting.batch.writes) writes.push(write);
      waiting.entries = waiting.batch.logDrafts.map(draft => {
        const next = extendLog(this.#parts.codec, head, draft);
        head = next.head;
        writes.push(next.write);
        return next.entry;
      });
    }
    this.#queue = this.#queue.slice(members.length);
    this.#parts.metrics.group(members.length, writes.length, bytes);
    return { members, writes, head };
  }

  #write(group: Group): Promise<void> {
    const { driver, inFlight } = this.#parts;
    return inFlight.write(
      group.writes,
      () => driver.write(group.writes),
      () => this.#makeVisible(group),
    );
  }

  #makeVisible(group: Group): void {
    const { cache } = this.#parts;
    for (const { batch } of group.members) cache.apply(batch.writes, batch.cached);
    if (this.#head === group.head) return;
    this.#head = group.head;
    this.#parts.onLogGrowth();
  }

  #fail(group: Group, error: unknown): void {
    // INV-7: what the failed write left behind is unknown, so nothing that builds on it may be acknowledged.
    const harmless = error instanceof StorageIoError && error.outcome === 'nothing-written';
    if (!harmless) this.#poison = error;
    for (const { reject } of group.members) reject(error);
    if (harmless) return;
    for (const { reject, withdrawn } of this.#queue.splice(0)) {
      withdrawn?.();
      reject(this.#poisoned());
    }
  }

  #poisoned(): StorePoisonedError {
    return new StorePoisonedError(this.#parts.driver.name, { cause: this.#poison });
  }
}
