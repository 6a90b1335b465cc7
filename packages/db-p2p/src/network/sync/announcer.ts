import type { ContentRouting } from '@libp2p/interface';
import { systemClock, type BlockId, type Clock } from '@blockstrata/db-core';
import type { IRawStorage } from '../../storage/raw-storage.js';
import type { LogEntry } from '../../storage/records.js';
import type { NetworkLimits } from '../limits.js';
import { blockCid } from './block-cid.js';

/** What is announced, and how fast. */
export type AnnouncerInit = {
  readonly storage: IRawStorage;
  readonly limits: NetworkLimits;
  readonly clock?: Clock;
};

/** What is needed of libp2p to announce. */
export type AnnouncerParts = {
  readonly routing: ContentRouting;
  /** Whether anybody is there to be told. */
  readonly isConnected: () => boolean;
};

const MINUTE_MS = 60_000;

/**
 * Tells content routing which blocks are held here: first all that are there, then each block that is new, or was
 * restored. Routers repeat what they were told, so no commit after the first announces a block again. At most
 * {@link NetworkLimits.announcesPerMinuteMax} a minute (INV-12).
 */
export class Announcer {
  readonly #storage: IRawStorage;
  readonly #routing: ContentRouting;
  readonly #isConnected: () => boolean;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor({ storage, limits, clock = systemClock }: AnnouncerInit, { routing, isConnected }: AnnouncerParts) {
    this.#storage = storage;
    this.#routing = routing;
    this.#isConnected = isConnected;
    this.#clock = clock;
    this.#intervalMs = MINUTE_MS / limits.announcesPerMinuteMax;
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new DOMException('the service stops', 'AbortError'));
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    // What is committed meanwhile is found in the log, from here on.
    const from = this.#storage.logSeq;
    for await (const blockId of this.#storage.listBlockIds()) await this.#announce(blockId, signal);
    let seen = from;
    for (;;) {
      for await (const entry of this.#storage.readLog({ from: seen })) {
        seen = entry.seq;
        for (const blockId of entry.blockIds) {
          if (await this.#isNew(blockId, entry)) await this.#announce(blockId, signal);
        }
      }
      await this.#storage.logGrowth(seen, signal);
    }
  }

  // Later commits may have been made by now, so it is not how many revisions there are that tells.
  async #isNew(blockId: BlockId, { kind, rev }: LogEntry): Promise<boolean> {
    if (kind === 'restore') return true;
    for await (const lowest of this.#storage.listRevisions(blockId, 0, rev, { limit: 1 })) return lowest.rev === rev;
    return false;
  }

  async #announce(blockId: BlockId, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // What is told to nobody is not repeated by anybody for hours.
    do await this.#pause(signal);
    while (!this.#isConnected());
    try {
      await this.#routing.provide(blockCid(blockId), { signal });
    } catch (error) {
      signal.throwIfAborted();
      this.#storage.logger.forComponent('blockstrata:sync').error('a block could not be announced: %o', error);
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        callOff();
        reject(signal.reason as Error);
      };
      const callOff = this.#clock.after(this.#intervalMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
