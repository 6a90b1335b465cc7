import {
  DEFAULT_LIMITS,
  ExpiredError,
  InvalidArchiveError,
  InvalidRequestError,
  LimitExceededError,
  requireObject,
  systemClock,
  type BlockId,
  type Clock,
  type Limits,
  type TrxRev,
} from '@blockstrata/db-core';
import type { BlockArchive } from '../../storage/block/archive.js';
import { RemoteFailedError } from '../errors.js';
import { DEFAULT_NETWORK_LIMITS, type NetworkLimits } from '../limits.js';
import { RpcClient, type Dialer, type PeerTarget, type ReceivedPart } from '../rpc/rpc-client.js';
import { ArchiveAssembly } from './archive-assembly.js';
import { decodeArchiveItems } from './archive-items.js';
import { inflate } from './deflate.js';
import {
  decodeArchiveHead,
  decodeDigestAnswer,
  decodeHeadAnswer,
  encodeArchiveRequest,
  type ArchiveRequest,
  type DigestAnswer,
} from './sync-messages.js';
import { SYNC_PROTOCOL } from './sync-protocol.js';

/** Which peer, and within which bounds. */
export type SyncClientInit = {
  readonly libp2p: Dialer;
  readonly peer: PeerTarget;
  readonly compress?: boolean;
  readonly repoLimits?: Limits;
  readonly limits?: NetworkLimits;
  readonly clock?: Clock;
};

/** How an archive is fetched. */
export type FetchOptions = {
  readonly above?: number | undefined;
  readonly pendings?: boolean;
  readonly signal: AbortSignal;
  /** Told of each chunk: what has arrived so far. */
  readonly onChunk?: (revisions: number) => void;
};

const TRANSFERS_MAX = 5;

// The stream broke, or a slow one met the peer's deadline.
function isCutOff(error: unknown): boolean {
  return (error instanceof RemoteFailedError && error.reason === 'lost') || error instanceof ExpiredError;
}

/** Fetches archives and digests from one peer. Archives are checked in themselves; whether they are true, others must say. */
export class SyncClient {
  readonly #rpc: RpcClient;
  readonly #limits: NetworkLimits;
  readonly #repoLimits: Limits;
  readonly #deflate: boolean;

  constructor(init: SyncClientInit) {
    const {
      libp2p,
      peer,
      compress = false,
      repoLimits = DEFAULT_LIMITS,
      limits = DEFAULT_NETWORK_LIMITS,
      clock = systemClock,
    } = init;
    this.#limits = limits;
    this.#repoLimits = repoLimits;
    this.#deflate = compress;
    this.#rpc = new RpcClient(libp2p, peer, SYNC_PROTOCOL, limits, clock);
  }

  /** The peer, as errors name it. */
  get peer(): string {
    return this.#rpc.peer;
  }

  /**
   * An archive that covers `rev` (`undefined`: the newest). A transfer that is cut off, as the stream breaks or its time at
   * the peer is over, goes on below the last revision that arrived. `undefined`: the peer does not have it.
   *
   * @throws RemoteFailedError · UnauthorizedError · InvalidArchiveError · the reason of `signal`
   */
  async archive(blockId: BlockId, rev: number | undefined, options: FetchOptions): Promise<BlockArchive | undefined> {
    const bytesMax = Math.min(2 * this.#repoLimits.archiveBytesMax, this.#limits.fetchedArchiveBytesMax);
    const assembly = new ArchiveAssembly(blockId, rev, bytesMax, this.#repoLimits);
    for (let transfer = 1; ; transfer++) {
      const before = assembly.revisions;
      try {
        const wanted = assembly.revisions === 0 ? rev : assembly.next;
        const isFound = await this.#transfer(assembly, wanted, options);
        if (isFound) return assembly.archive();
        // What was there a moment ago does not go away.
        if (assembly.revisions > 0) throw new RemoteFailedError(this.peer, 'protocol');
        return undefined;
      } catch (error) {
        const hasMoved = assembly.revisions > before;
        if (!isCutOff(error) || !hasMoved || transfer === TRANSFERS_MAX || options.signal.aborted) throw error;
        if (assembly.isComplete) return assembly.archive();
      }
    }
  }

  /** What the peer holds between `floor` and `rev`, as a digest. */
  async digest(blockId: BlockId, rev: number, floor: number, signal: AbortSignal): Promise<DigestAnswer | undefined> {
    const deadlineMs = this.#limits.requestDeadlineMs;
    const answer = await this.#rpc.call({ op: 'digest', body: { blockId, rev, floor } }, { deadlineMs, signal });
    return this.#decoded(() => decodeDigestAnswer(answer));
  }

  /** The newest revision that the peer holds. */
  async head(blockId: BlockId, signal: AbortSignal): Promise<TrxRev | undefined> {
    const deadlineMs = this.#limits.requestDeadlineMs;
    const answer = await this.#rpc.call({ op: 'head', body: { blockId } }, { deadlineMs, signal });
    return this.#decoded(() => decodeHeadAnswer(answer, this.#repoLimits));
  }

  async close(): Promise<void> {
    await this.#rpc.close();
  }

  async #transfer(assembly: ArchiveAssembly, rev: number | undefined, options: FetchOptions): Promise<boolean> {
    const { blockId } = assembly;
    const { above, pendings = false, signal, onChunk } = options;
    const request: ArchiveRequest = { blockId, rev, above, deflate: this.#deflate, pendings };
    const call = { op: 'archive', body: encodeArchiveRequest(request), deadlineMs: this.#limits.requestDeadlineMs };
    const { feedCreditMax, requestDeadlineMs } = this.#limits;
    const parts = this.#rpc.stream(call, { signal, creditMax: feedCreditMax, silenceMsMax: requestDeadlineMs });
    let isFirst = true;
    try {
      for (;;) {
        const part = await parts.next();
        if (part.done === true) return part.value !== null;
        if (isFirst) assembly.begin(this.#decoded(() => decodeArchiveHead(part.value.value, this.#repoLimits)));
        else await this.#addChunk(assembly, part.value);
        isFirst = false;
        onChunk?.(assembly.revisions);
      }
    } finally {
      await parts.return(null);
    }
  }

  async #addChunk(assembly: ArchiveAssembly, part: ReceivedPart): Promise<void> {
    try {
      const { items, deflated } = requireObject(part.value, 'archive');
      if (deflated === undefined) return this.#addItems(assembly, items);
      if (!this.#deflate || !(deflated instanceof Uint8Array))
        throw new InvalidRequestError('archive.deflated', 'was not asked for');
      this.#addItems(assembly, await inflate(deflated, assembly.bytesLeft));
    } catch (cause) {
      if (cause instanceof InvalidArchiveError) throw cause;
      if (!(cause instanceof InvalidRequestError) && !(cause instanceof LimitExceededError)) throw cause;
      throw new InvalidArchiveError(assembly.blockId, cause.message, { cause });
    }
  }

  #addItems(assembly: ArchiveAssembly, items: unknown): void {
    if (!(items instanceof Uint8Array)) throw new InvalidRequestError('archive.items', 'must be bytes');
    assembly.count(items.length);
    const decoded = decodeArchiveItems(items, assembly.blockId, this.#repoLimits, this.#limits);
    for (const item of decoded) assembly.add(item);
  }

  #decoded<T>(decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      throw new RemoteFailedError(this.peer, 'protocol', { cause });
    }
  }
}
