import {
  checkCommit,
  checkGets,
  checkPend,
  checkRepoOptions,
  checkTrxBlocks,
  DEFAULT_LIMITS,
  resolveLimits,
  systemClock,
  type BlockGets,
  type BlockId,
  type Clock,
  type CommitRequest,
  type CommitResult,
  type GetBlockResult,
  type IRepo,
  type Limits,
  type PendRequest,
  type PendResult,
  type RepoOptions,
  type TrxBlocks,
} from '@blockstrata/db-core';
import type { LogEntry } from '../../storage/records.js';
import { RemoteFailedError } from '../errors.js';
import { resolveNetworkLimits, type NetworkLimits } from '../limits.js';
import { RpcClient, type Dialer, type PeerTarget } from '../rpc/rpc-client.js';
import { UncertainPends } from './uncertain-pends.js';
import { decodeCommitResult, decodeGetResults, decodeLogEntry, decodePendResult } from './repo-answers.js';
import { REPO_PROTOCOL } from './repo-protocol.js';
import { encodeCommit, encodeGets, encodePend, encodeTrxBlocks } from './repo-requests.js';

/** Which repository, and how it is reached. */
export type RepoClientInit = {
  /** A started libp2p node. */
  libp2p: Dialer;
  peer: PeerTarget;
  /** Time for an answer where a call has no `expiration`. Default {@link NetworkLimits.requestDeadlineMs}. */
  deadlineMs?: number;
  /** Bounds of what is accepted from the peer; those of its repository. Default {@link DEFAULT_LIMITS}. */
  repoLimits?: Partial<Limits>;
  /** Bounds of the network. Default {@link DEFAULT_NETWORK_LIMITS}. */
  limits?: Partial<NetworkLimits>;
  clock?: Clock;
};

/**
 * The repository of a peer, as if it were here: the same calls, the same results, the same errors.
 *
 * A broken stream is opened again and the call repeated, which is safe: a transaction id means one transaction. Where no
 * answer arrives before the deadline, calls reject with a RemoteFailedError, and the outcome of a write is unknown (INV-8).
 * An abort reaches the peer; it rejects here at once, with `signal.reason`.
 *
 * @throws TypeError from the constructor if the limits contradict each other.
 *
 * @example
 * ```ts
 * import { RepoClient } from '@blockstrata/db-p2p';
 * import type { Libp2p, PeerId } from '@libp2p/interface';
 *
 * async function readNote(libp2p: Libp2p, peer: PeerId): Promise<unknown> {
 *   const remote = new RepoClient({ libp2p, peer });
 *   try {
 *     const { note } = await remote.get({ blockIds: ['note'] });
 *     return note?.block;
 *   } finally {
 *     await remote.close();
 *   }
 * }
 * ```
 */
export class RepoClient implements IRepo {
  readonly #rpc: RpcClient;
  readonly #limits: NetworkLimits;
  readonly #repoLimits: Limits;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #uncertain: UncertainPends;

  constructor({ libp2p, peer, deadlineMs, repoLimits, limits, clock = systemClock }: RepoClientInit) {
    this.#limits = resolveNetworkLimits(limits);
    this.#repoLimits = repoLimits === undefined ? DEFAULT_LIMITS : resolveLimits(repoLimits);
    this.#clock = clock;
    this.#deadlineMs = deadlineMs ?? this.#limits.requestDeadlineMs;
    this.#rpc = new RpcClient(libp2p, peer, REPO_PROTOCOL, this.#limits, clock);
    this.#uncertain = new UncertainPends(clock);
  }

  /** The peer, as errors name it. */
  get peer(): string {
    return this.#rpc.peer;
  }

  /**
   * Reads blocks of the peer as one consistent cut.
   *
   * @throws InvalidRequestError · UnauthorizedError · ExpiredError · RemoteFailedError · whatever the peer's store throws
   */
  async get(gets: BlockGets, options?: RepoOptions): Promise<Record<BlockId, GetBlockResult>> {
    const checked = checkGets(gets, this.#repoLimits);
    const answer = await this.#call('get', encodeGets(checked), options);
    return this.#decoded(() => decodeGetResults(answer, checked.blockIds, this.#repoLimits));
  }

  /**
   * Makes a transaction pending at the peer. It can become pending there until the deadline of this call, even if the
   * call is aborted or the stream breaks; a {@link RepoClient.cancel} is then repeated after that deadline.
   *
   * @throws InvalidRequestError · UnauthorizedError · RemoteFailedError · whatever the peer's store throws
   */
  async pend(request: PendRequest, options?: RepoOptions): Promise<PendResult> {
    const checked = checkPend(request, this.#repoLimits);
    const body = encodePend(checked);
    const sent = this.#uncertain.begin(checked.trxId);
    let answer: unknown;
    try {
      answer = await this.#call('pend', body, options, () => sent.settled());
    } catch (error) {
      const isUnknown = error instanceof RemoteFailedError || options?.signal?.aborted === true;
      if (isUnknown) sent.abandoned(this.#deadlineOf(options));
      else sent.settled();
      throw error;
    }
    sent.settled();
    return this.#decoded(() => decodePendResult(answer, this.#repoLimits));
  }

  /**
   * Commits a transaction that is pending at the peer.
   *
   * @throws InvalidRequestError · UnauthorizedError · RemoteFailedError · whatever the peer's store throws
   */
  async commit(request: CommitRequest, options?: RepoOptions): Promise<CommitResult> {
    const body = encodeCommit(checkCommit(request, this.#repoLimits));
    const answer = await this.#call('commit', body, options);
    return this.#decoded(() => decodeCommitResult(answer, this.#repoLimits));
  }

  /**
   * Removes a pending transaction at the peer. If a pend of it has an unknown outcome, the cancel is repeated in the
   * background when that pend can no longer arrive.
   *
   * @throws InvalidRequestError · UnauthorizedError · RemoteFailedError · whatever the peer's store throws
   */
  async cancel(trx: TrxBlocks, options?: RepoOptions): Promise<void> {
    const checked = checkTrxBlocks(trx, this.#repoLimits);
    const body = encodeTrxBlocks(checked);
    this.#uncertain.afterwards(checked.trxId, () => this.#call('cancel', body, undefined));
    await this.#call('cancel', body, options);
  }

  /**
   * The peer's commit log behind `from` (exclusive, default 0): past entries, then live ones; no gap, no repeat. Ends with
   * a RemoteFailedError when the peer is lost or silent: go on from the last `seq` that was seen.
   *
   * @throws InvalidRequestError with the path `from` if the peer's log has no such entry: it is another log
   * @throws UnauthorizedError · RemoteFailedError · the reason of `signal`
   */
  async *changes({ from = 0, signal }: { from?: number; signal?: AbortSignal } = {}): AsyncGenerator<LogEntry, void> {
    const { feedCreditMax, feedBeatMs } = this.#limits;
    const options = { signal, creditMax: feedCreditMax, silenceMsMax: 3 * feedBeatMs };
    let seen = from;
    for await (const { value: part } of this.#rpc.stream({ op: 'feed', body: { from } }, options)) {
      if (part === null) continue;
      const entry = this.#decoded(() => decodeLogEntry(part, this.#repoLimits));
      if (entry.seq !== seen + 1) throw new RemoteFailedError(this.peer, 'protocol');
      seen = entry.seq;
      yield entry;
    }
  }

  /** Gives up what is under way and closes the stream to the peer. The libp2p node stays as it is. */
  async close(): Promise<void> {
    this.#uncertain.clear();
    await this.#rpc.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call(
    op: string,
    body: Record<string, unknown>,
    options: RepoOptions | undefined,
    onLateAnswer?: () => void,
  ): Promise<unknown> {
    const { signal, expiration } = checkRepoOptions(options);
    const expiresInMs = this.#expiresInMs(expiration);
    const call = { op, body: { ...body, expiresInMs } };
    const deadlineMs = this.#deadlineOf(options);
    return this.#rpc.call(
      call,
      onLateAnswer === undefined ? { deadlineMs, signal } : { deadlineMs, signal, onLateAnswer },
    );
  }

  #expiresInMs(expiration: number | undefined): number | undefined {
    if (expiration === undefined || !Number.isFinite(expiration)) return undefined;
    return Math.max(0, Math.ceil(expiration - this.#clock.now()));
  }

  /** A call that expires gets the time until then, and a little, so that it is the repository that says so. */
  #deadlineOf(options: RepoOptions | undefined): number {
    const { requestDeadlineMsMax } = this.#limits;
    const expiresInMs = this.#expiresInMs(options?.expiration);
    return expiresInMs === undefined
      ? this.#deadlineMs
      : Math.min(expiresInMs + EXPIRY_MARGIN_MS, requestDeadlineMsMax);
  }

  #decoded<T>(decode: () => T): T {
    try {
      return decode();
    } catch (cause) {
      throw new RemoteFailedError(this.peer, 'protocol', { cause });
    }
  }
}

const EXPIRY_MARGIN_MS = 1_000;
