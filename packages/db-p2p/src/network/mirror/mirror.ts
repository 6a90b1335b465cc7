import { systemClock, systemRandomness, type BlockId, type Clock, type Randomness } from '@blockstrata/db-core';
import type { RestoreCallback } from '../../storage/block/archive.js';
import { BlockStorage } from '../../storage/block/block-storage.js';
import { isHeldWhole } from '../../storage/block/restore-history.js';
import type { IRawStorage } from '../../storage/raw-storage.js';
import type { LogEntry } from '../../storage/records.js';
import { RemoteFailedError, UnauthorizedError } from '../errors.js';
import { resolveNetworkLimits, type NetworkLimits } from '../limits.js';
import { RepoClient } from '../repo/repo-client.js';
import type { Dialer, PeerTarget } from '../rpc/rpc-client.js';
import { SyncClient } from '../sync/sync-client.js';
import { entriesBehind, OtherLogError, positionOf, type LogPosition } from './log-position.js';
import { ReadAhead } from './read-ahead.js';

/** Who is mirrored, and how that peer is reached. It must grant `feed` and `sync`. */
export type MirrorPeer = {
  /** A started libp2p node. */
  readonly libp2p: Dialer;
  readonly peer: PeerTarget;
};

/** How far a mirror has come. */
export type MirrorProgress =
  /** Everything up to entry `seq` of the peer's log is held here: a later mirror may start from there. */
  | ({ readonly type: 'copied'; readonly blocks: number } & LogPosition)
  /** The peer's log is not the one in which entry `seq` was: all of it is looked through, and what is missing is fetched. */
  | { readonly type: 'restarted'; readonly seq: number }
  /** Contact was lost, or a copy failed; it goes on from `seq` after `retryMs`. */
  | { readonly type: 'interrupted'; readonly seq: number; readonly retryMs: number; readonly error: unknown };

/** How a peer is mirrored. */
export type MirrorOptions = {
  /**
   * Where in the peer's log to go on, exclusive; with its digest, so that another log is noticed. Default 0: all of it; what
   * is held already is not fetched again.
   */
  from?: LogPosition | number;
  onProgress?: (progress: MirrorProgress) => void;
  compress?: boolean;
  /** Bounds of the network. Default {@link DEFAULT_NETWORK_LIMITS}. */
  limits?: Partial<NetworkLimits>;
  clock?: Clock;
  randomness?: Randomness;
  signal: AbortSignal;
};

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 30_000;
const BLOCKS_AT_ONCE = 4;
const ENTRIES_MAX = 1_000;

/**
 * Follows the commit log of a peer and keeps a full copy of its blocks in the storage of `repo`: every committed revision,
 * and no pendings. After a loss of contact it goes on from where it was, until `signal` aborts; it then rejects with
 * `signal.reason`.
 *
 * A position that is not in the peer's log belongs to another one: the peer was wiped, or is another store. All of its
 * log is then looked through, and what is missing here is fetched; nothing that is held goes.
 *
 * What arrives is checked as every archive is, and contradicts nothing that is held (INV-11); but it is the word of one
 * peer.
 *
 * @throws UnauthorizedError if the peer does not grant it · the errors of the local store · `signal.reason`
 *
 * @example
 * ```ts
 * import { mirror, type StorageRepo } from '@blockstrata/db-p2p';
 * import type { Libp2p, PeerId } from '@libp2p/interface';
 *
 * async function backUp(repo: StorageRepo, libp2p: Libp2p, peer: PeerId, signal: AbortSignal): Promise<void> {
 *   await mirror(repo, { libp2p, peer }, { signal });
 * }
 * ```
 */
export async function mirror(
  repo: { readonly storage: IRawStorage },
  { libp2p, peer }: MirrorPeer,
  options: MirrorOptions,
): Promise<void> {
  const { from = 0, signal, compress = false, clock = systemClock, randomness = systemRandomness } = options;
  const limits = resolveNetworkLimits(options.limits);
  const { storage } = repo;
  const client = new RepoClient({ libp2p, peer, limits, clock });
  const sync = new SyncClient({ libp2p, peer, limits, clock, compress, repoLimits: storage.limits });
  const following = new Following(storage, client, restoreFrom(sync, storage), from);
  let failures = 0;
  try {
    for (;;) {
      const before = following.seq;
      try {
        await following.run(signal, options.onProgress);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof UnauthorizedError || storage.closing.aborted) throw error;
        failures = following.seq > before ? 0 : failures + 1;
        const retryMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures) * (0.5 + randomness.next() / 2);
        options.onProgress?.({ type: 'interrupted', seq: following.seq, retryMs, error });
        await pause(clock, retryMs, signal);
      }
    }
  } finally {
    await Promise.all([client.close(), sync.close()]);
  }
}

/** One peer's word is enough here; it is only asked for what lies above the tip that is held. */
function restoreFrom(sync: SyncClient, storage: IRawStorage): RestoreCallback {
  return async (blockId, rev, options) => {
    const above = rev === undefined ? (await storage.getMetadata(blockId))?.latest?.rev : undefined;
    return sync.archive(blockId, rev, { above, signal: options?.signal ?? storage.closing });
  };
}

/** Follows a log; entries are read ahead while blocks are copied, and blocks that several of them name are copied once. */
class Following {
  readonly #storage: IRawStorage;
  readonly #client: RepoClient;
  readonly #restore: RestoreCallback;
  #position: LogPosition | number;

  constructor(storage: IRawStorage, client: RepoClient, restore: RestoreCallback, from: LogPosition | number) {
    this.#storage = storage;
    this.#client = client;
    this.#restore = restore;
    this.#position = from;
  }

  /** The entry up to which everything is copied. */
  get seq(): number {
    return typeof this.#position === 'number' ? this.#position : this.#position.seq;
  }

  async run(signal: AbortSignal, onProgress: MirrorOptions['onProgress']): Promise<void> {
    try {
      await this.#follow(signal, onProgress);
    } catch (error) {
      if (!(error instanceof OtherLogError) || this.seq === 0) throw error;
      onProgress?.({ type: 'restarted', seq: this.seq });
      this.#position = 0;
      await this.#follow(signal, onProgress);
    }
  }

  async #follow(signal: AbortSignal, onProgress: MirrorOptions['onProgress']): Promise<void> {
    const stop = new AbortController();
    const running = AbortSignal.any([signal, stop.signal]);
    const feed = new ReadAhead(entriesBehind(this.#client, this.#position, running), ENTRIES_MAX);
    try {
      for (let entries = await feed.take(); entries.length > 0; entries = await feed.take()) {
        await this.#copy(entries, running, onProgress);
      }
      // A feed goes on for ever; one that ends was broken off.
      throw new RemoteFailedError(this.#client.peer, 'lost');
    } finally {
      stop.abort(new RemoteFailedError(this.#client.peer, 'lost'));
    }
  }

  async #copy(
    entries: readonly LogEntry[],
    signal: AbortSignal,
    onProgress: MirrorOptions['onProgress'],
  ): Promise<void> {
    const wanted = new Map<BlockId, number>();
    for (const { blockIds, rev } of entries) {
      for (const blockId of blockIds) wanted.set(blockId, Math.max(rev, wanted.get(blockId) ?? 0));
    }
    const waiting = [...wanted];
    const copyNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [blockId, rev] = next;
        if (await isHeldWhole(this.#storage, blockId, rev)) continue;
        await new BlockStorage(blockId, this.#storage, this.#restore).ensureHistory({ signal });
      }
    };
    await Promise.all(Array.from({ length: BLOCKS_AT_ONCE }, copyNext));
    const last = entries.at(-1);
    if (last === undefined) return;
    const position = positionOf(last);
    this.#position = position;
    onProgress?.({ type: 'copied', ...position, blocks: wanted.size });
  }
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      callOff();
      reject(signal.reason as Error);
    };
    const callOff = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
