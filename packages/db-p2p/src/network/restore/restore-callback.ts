import {
  BlockstrataError,
  DEFAULT_LIMITS,
  InvalidArchiveError,
  resolveLimits,
  RestoreFailedError,
  systemClock,
  type BlockId,
  type Clock,
  type Limits,
} from '@blockstrata/db-core';
import type { BlockArchive, RestoreCallback } from '../../storage/block/archive.js';
import { checkArchive } from '../../storage/block/check-archive.js';
import { outlineOf } from '../../storage/block/checked-archive.js';
import type { IRawStorage } from '../../storage/raw-storage.js';
import { RemoteFailedError, UnauthorizedError } from '../errors.js';
import { resolveNetworkLimits, type NetworkLimits } from '../limits.js';
import type { SyncClient } from '../sync/sync-client.js';
import { Candidate } from './candidate.js';
import { corroborate } from './corroboration.js';
import { hedgedFetch, type HedgeInit } from './hedged-fetch.js';
import { Holders, type PeerSource, type RestoreNode } from './holders.js';
import { PeerScores } from './peer-scores.js';
import type { RestoreProgress } from './progress.js';

/** Where history is fetched from, and what it takes to believe it. */
export type RestoreCallbackInit = {
  /** A started libp2p node. */
  libp2p: RestoreNode;
  /** Who is asked. Default: who content routing says holds the block. */
  peers?: PeerSource;
  /** Holders that must agree before an archive is accepted, from 1. Default {@link DEFAULT_QUORUM}. */
  quorum?: number;
  /** Time for one restoration. Default {@link NetworkLimits.restoreMs}. */
  timeoutMs?: number;
  /** Decides at last, with signatures or hashes that the database has: `false`, or a throw, refuses the archive. */
  verify?: (archive: BlockArchive, peer: string) => boolean | void | Promise<boolean | void>;
  /** The storage that is restored into: for the newest of a block, only what lies above its tip is fetched. */
  storage?: Pick<IRawStorage, 'getMetadata'>;
  /** Ask for deflated chunks. Default false. */
  compress?: boolean;
  onProgress?: (progress: RestoreProgress) => void;
  /** Bounds of the archives; those of the storage. Default {@link DEFAULT_LIMITS}. */
  repoLimits?: Partial<Limits>;
  /** Bounds of the network. Default {@link DEFAULT_NETWORK_LIMITS}. */
  limits?: Partial<NetworkLimits>;
  clock?: Clock;
};

/** Holders that must agree where nothing is said. */
export const DEFAULT_QUORUM = 2;

/** A restore callback that keeps its connections until it is closed. */
export type PeerRestoreCallback = RestoreCallback & { close(): Promise<void> };

/**
 * Fetches what a store lacks from peers that may lie. It asks several holders, hedges the slow ones, checks every archive,
 * and hands over only that part of it on which `quorum` holders agree (INV-11). Peers that send what fails a check are
 * left alone for a while.
 *
 * The callback rejects with a RestoreFailedError where holders answered but could not be believed, and resolves with
 * `undefined` where nobody has the block.
 *
 * @throws TypeError if `quorum` or `timeoutMs` is no positive integer, or the limits contradict each other.
 *
 * @example
 * ```ts
 * import { BlockStorage, createRestoreCallback, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p';
 * import type { Libp2p } from '@libp2p/interface';
 *
 * function restoringRepo(libp2p: Libp2p): StorageRepo {
 *   const storage = new MemoryRawStorage();
 *   const restore = createRestoreCallback({ libp2p, storage });
 *   return new StorageRepo(blockId => new BlockStorage(blockId, storage, restore), { storage });
 * }
 * ```
 */
export function createRestoreCallback(init: RestoreCallbackInit): PeerRestoreCallback {
  const restorer = new Restorer(init);
  const restore: RestoreCallback = (blockId, rev, options) => restorer.restore(blockId, rev, options?.signal);
  return Object.assign(restore, { close: () => restorer.close() });
}

class Restorer {
  readonly #init: RestoreCallbackInit;
  readonly #limits: NetworkLimits;
  readonly #repoLimits: Limits;
  readonly #clock: Clock;
  readonly #quorum: number;
  readonly #timeoutMs: number;
  readonly #scores: PeerScores;
  readonly #holders: Holders;

  constructor(init: RestoreCallbackInit) {
    this.#init = init;
    this.#limits = resolveNetworkLimits(init.limits);
    this.#repoLimits = init.repoLimits === undefined ? DEFAULT_LIMITS : resolveLimits(init.repoLimits);
    this.#clock = init.clock ?? systemClock;
    this.#quorum = requirePositive(init.quorum ?? DEFAULT_QUORUM, 'quorum');
    this.#timeoutMs = requirePositive(init.timeoutMs ?? this.#limits.restoreMs, 'timeoutMs');
    this.#scores = new PeerScores(this.#limits, this.#clock);
    this.#holders = new Holders(init.libp2p, init.peers, this.#scores, {
      compress: init.compress ?? false,
      repoLimits: this.#repoLimits,
      limits: this.#limits,
      clock: this.#clock,
    });
  }

  close(): Promise<void> {
    return this.#holders.close();
  }

  async restore(blockId: BlockId, rev: number | undefined, signal?: AbortSignal): Promise<BlockArchive | undefined> {
    const timeout = new AbortController();
    const callOff = this.#clock.after(this.#timeoutMs, () => {
      timeout.abort(new RestoreFailedError(blockId, rev, `it took longer than ${this.#timeoutMs} ms`));
    });
    try {
      const signals = signal === undefined ? [timeout.signal] : [timeout.signal, signal];
      return await this.#restore(blockId, rev, AbortSignal.any(signals));
    } finally {
      callOff();
    }
  }

  async #restore(blockId: BlockId, rev: number | undefined, signal: AbortSignal): Promise<BlockArchive | undefined> {
    const holders = await this.#holders.find(blockId, signal);
    this.#report({ type: 'holders', blockId, holders: holders.length });
    if (holders.length < this.#quorum) {
      if (holders.length === 0) return undefined;
      throw new RestoreFailedError(blockId, rev, `${holders.length} holders are known, and ${this.#quorum} must agree`);
    }
    const above = rev === undefined ? (await this.#init.storage?.getMetadata(blockId))?.latest?.rev : undefined;
    const untried = rev === undefined ? await this.#newestFirst(blockId, holders, signal) : [...holders];
    let refused = false;
    for (;;) {
      const candidate = await this.#nextCandidate(blockId, rev, above, untried, signal, () => (refused = true));
      if (candidate === undefined) break;
      const accepted = await this.#accept(candidate, rev, holders, signal);
      if (accepted !== undefined) return accepted;
      refused = true;
    }
    if (!refused) return undefined;
    throw new RestoreFailedError(blockId, rev, `no archive of it was sound and agreed on by ${this.#quorum} holders`);
  }

  /** The next archive that is sound in itself. */
  async #nextCandidate(
    blockId: BlockId,
    rev: number | undefined,
    above: number | undefined,
    untried: SyncClient[],
    signal: AbortSignal,
    onRefused: () => void,
  ): Promise<Candidate | undefined> {
    const onFailure = (holder: SyncClient, error: unknown): void => {
      onRefused();
      this.#onFailure(blockId, holder, error);
    };
    const hedge: HedgeInit = { limits: this.#limits, clock: this.#clock, signal, onFailure };
    const fetched = await hedgedFetch(
      untried,
      async (holder, attemptSignal, onLife) => {
        this.#report({ type: 'asked', blockId, peer: holder.peer });
        const start = this.#clock.now();
        const onChunk = (revisions: number): void => {
          onLife();
          this.#report({ type: 'chunk', blockId, peer: holder.peer, revisions });
        };
        const archive = await holder.archive(blockId, rev, { above, signal: attemptSignal, onChunk });
        if (archive === undefined) return undefined;
        const checked = checkArchive(archive, blockId, rev, this.#repoLimits);
        this.#scores.answered(holder.peer, this.#clock.now() - start);
        return new Candidate(holder.peer, checked, rev, this.#repoLimits);
      },
      hedge,
    );
    return fetched?.value;
  }

  async #accept(
    candidate: Candidate,
    rev: number | undefined,
    holders: readonly SyncClient[],
    signal: AbortSignal,
  ): Promise<BlockArchive | undefined> {
    const { blockId } = candidate;
    const others = holders.filter(({ peer }) => peer !== candidate.peer && !this.#scores.isBanned(peer));
    const onFailure = (holder: SyncClient, error: unknown): void => this.#onFailure(blockId, holder, error);
    const { archive, peers, disagreeing } = await corroborate(candidate, others, {
      quorum: this.#quorum,
      rev,
      limits: this.#limits,
      clock: this.#clock,
      signal,
      onFailure,
    });
    if (archive === undefined) {
      this.#refuse(
        blockId,
        candidate.peer,
        new RestoreFailedError(blockId, rev, 'too few holders agree with the peer'),
      );
      return undefined;
    }
    for (const peer of disagreeing) {
      this.#refuse(blockId, peer, new InvalidArchiveError(blockId, 'the peer contradicts those who agree'));
    }
    if (!(await this.#isVerified(archive, candidate.peer))) {
      this.#scores.ban(candidate.peer);
      const error = new InvalidArchiveError(blockId, 'the database does not accept it');
      this.#report({ type: 'refused', blockId, peer: candidate.peer, error });
      return undefined;
    }
    this.#report({ type: 'agreed', blockId, peers, revisions: outlineOf(archive).revisions });
    return archive;
  }

  async #isVerified(archive: BlockArchive, peer: string): Promise<boolean> {
    const { verify } = this.#init;
    if (verify === undefined) return true;
    try {
      return (await verify(archive, peer)) !== false;
    } catch {
      return false;
    }
  }

  /** Those who say that they hold the newest come first; what they say is not believed for that. */
  async #newestFirst(blockId: BlockId, holders: readonly SyncClient[], signal: AbortSignal): Promise<SyncClient[]> {
    const heads = new Map<SyncClient, number>();
    const impatient = AbortSignal.any([signal, AbortSignal.timeout(this.#limits.hedgeMs)]);
    await Promise.all(
      holders.map(async holder => {
        try {
          heads.set(holder, (await holder.head(blockId, impatient))?.rev ?? 0);
        } catch (error) {
          signal.throwIfAborted();
          this.#onFailure(blockId, holder, error);
        }
      }),
    );
    return holders.filter(holder => heads.get(holder) !== 0).sort((a, b) => (heads.get(b) ?? 0) - (heads.get(a) ?? 0));
  }

  #onFailure(blockId: BlockId, holder: SyncClient, error: unknown): void {
    const isForged =
      error instanceof InvalidArchiveError || (error instanceof RemoteFailedError && error.reason === 'protocol');
    if (isForged) this.#scores.ban(holder.peer);
    else if (!(error instanceof UnauthorizedError)) this.#scores.failed(holder.peer);
    const reported =
      error instanceof BlockstrataError ? error : new RemoteFailedError(holder.peer, 'lost', { cause: error });
    this.#report({ type: 'refused', blockId, peer: holder.peer, error: reported });
  }

  #refuse(blockId: BlockId, peer: string, error: BlockstrataError): void {
    this.#scores.failed(peer);
    this.#report({ type: 'refused', blockId, peer, error });
  }

  #report(progress: RestoreProgress): void {
    try {
      this.#init.onProgress?.(progress);
    } catch {
      // Whoever watches does not decide.
    }
  }
}

function requirePositive(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name} must be a positive integer`);
  return value;
}
