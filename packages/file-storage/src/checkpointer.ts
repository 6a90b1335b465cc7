import { StorePoisonedError, type Clock, type Logger } from '@blockstrata/db-core';
import {
  CHECKPOINT_BYTES,
  CHECKPOINT_IDLE_MS,
  CHECKPOINT_JOURNAL_BYTES,
  CHECKPOINT_RECORDS,
  OVERLAY_BYTES_MAX,
} from './bounds.js';
import type { Journal } from './journal/journal.js';
import type { LogWriter } from './log/log-writer.js';
import type { Layer } from './overlay/layer.js';
import type { Overlay } from './overlay/overlay.js';
import type { Listings } from './tree/listings.js';
import type { TreeWriter } from './tree/tree-writer.js';

/** What a checkpoint works on. */
export type CheckpointSite = {
  readonly name: string;
  readonly journal: Journal;
  readonly overlay: Overlay;
  readonly tree: TreeWriter;
  readonly listings: Listings;
  readonly log: LogWriter;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Brings what the journal holds into the tree, in the background: enough of it at a time that records which replace
 * each other are written once, and that what was put and deleted meanwhile is not written at all. A segment of the
 * journal goes only after everything in it is in the tree, and synced (INV-1).
 *
 * After a failure it does nothing more, and lets nobody write (INV-7): what was acknowledged stays in the journal.
 */
export class Checkpointer {
  readonly #site: CheckpointSite;
  #running: Promise<void> | undefined;
  #failure: unknown;
  #stopIdleTimer: (() => void) | undefined;
  #writes = 0;

  constructor(site: CheckpointSite) {
    this.#site = site;
  }

  /**
   * Resolves when there is room for another batch in memory.
   *
   * @throws StorePoisonedError
   */
  async room(): Promise<void> {
    this.mustBeSound();
    while (this.#site.overlay.bytes >= OVERLAY_BYTES_MAX) {
      await this.run();
      this.mustBeSound();
    }
  }

  /** Tells of a batch in the overlay; begins a checkpoint if it is time. */
  wrote(): void {
    this.#writes++;
    const { active } = this.#site.overlay;
    const isDue =
      active.bytes >= CHECKPOINT_BYTES ||
      active.size >= CHECKPOINT_RECORDS ||
      this.#site.journal.segmentBytes >= CHECKPOINT_JOURNAL_BYTES;
    if (isDue) void this.run();
    else this.#stopIdleTimer ??= this.#awaitIdleness(this.#writes);
  }

  /** Applies what was recovered; it is in the overlay already, and in the journal's first segment. */
  recover(layer: Layer, seq: number): void {
    this.#running ??= this.#guard(() => this.#apply(layer, seq, true));
  }

  /** Resolves when all that was written before the call is in the tree. */
  async finish(): Promise<void> {
    this.stop();
    await this.#running;
    this.mustBeSound();
    if (this.#site.overlay.active.size > 0) await this.run();
    this.mustBeSound();
  }

  /** Begins nothing more by itself. */
  stop(): void {
    this.#stopIdleTimer?.();
    this.#stopIdleTimer = undefined;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** @throws StorePoisonedError once a checkpoint has failed. */
  mustBeSound(): void {
    if (this.#failure !== undefined) throw new StorePoisonedError(this.#site.name, { cause: this.#failure });
  }

  /** Runs a checkpoint, or waits for the one under way; never rejects. */
  run(): Promise<void> {
    if (this.#failure !== undefined) return Promise.resolve();
    return (this.#running ??= this.#guard(() => this.#checkpoint()));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failure = error;
      this.#site.logger.error('checkpoint of %s failed: %o', this.#site.name, error);
    } finally {
      this.#running = undefined;
    }
  }

  async #checkpoint(): Promise<void> {
    const { journal, overlay } = this.#site;
    let sealed: { layer: Layer; seq: number } | undefined;
    await journal.seal(seq => (sealed = { layer: overlay.seal(), seq }));
    if (sealed !== undefined) await this.#apply(sealed.layer, sealed.seq, false);
  }

  async #apply(layer: Layer, seq: number, recovering: boolean): Promise<void> {
    const { journal, listings, log, overlay, tree } = this.#site;
    await tree.apply(layer.writes(), recovering);
    await log.apply(layer.writes(), recovering);
    await tree.sync();
    listings.update(layer);
    overlay.drop();
    await journal.applied(seq);
  }

  #awaitIdleness(writes: number): () => void {
    return this.#site.clock.after(CHECKPOINT_IDLE_MS, () => {
      this.#stopIdleTimer = undefined;
      if (this.#writes !== writes) this.#stopIdleTimer = this.#awaitIdleness(this.#writes);
      else if (this.#site.journal.holdsBatches) void this.run();
    });
  }
}
