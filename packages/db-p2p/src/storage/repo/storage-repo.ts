import {
  checkBlockIds,
  checkCommit,
  checkGets,
  checkPend,
  checkRepoOptions,
  checkTrxBlocks,
  requireRevision,
  type BlockGets,
  type BlockId,
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
import type { IBlockStorage } from '../block/block-storage.js';
import { coordinationOf } from '../block/coordination.js';
import type { CheckOptions, RecoverReport, VerifyReport } from '../check/report.js';
import type { MaybePromise } from '../driver/store-driver.js';
import type { IRawStorage } from '../raw-storage.js';
import type { LogEntry } from '../records.js';
import { CallGate, type RepoContext } from './call-context.js';
import { cancel } from './cancel.js';
import { changeFeed } from './change-feed.js';
import { commit } from './commit.js';
import { CommitEvents, type CommitListener, type ListenOptions } from './commit-events.js';
import { get, getHeld } from './get.js';
import { pend } from './pend.js';
import { refresh } from './refresh.js';

/** How a repository works. */
export type StorageRepoOptions = {
  /** The storage of all blocks. Default: that of a BlockStorage which is made to ask for it. */
  storage?: IRawStorage;
  /** Let reads of blocks that were never seen here ask the restore callback. Default false. */
  restoreUnknown?: boolean;
};

// Any id does: a BlockStorage holds nothing, and what is asked of it is only which storage it lies in.
const PROBE_ID = 'blockstrata';

/**
 * A versioned block repository over one {@link IRawStorage}: policies, conflicts, atomicity over many blocks, and the
 * feed of what was committed.
 *
 * Every call lands on all of its blocks or on none, to every reader and after every crash (INV-2), and is as durable as
 * the storage was asked to be when its promise resolves (INV-1). After a timeout, an abort or an I/O error the outcome
 * is unknown; repeating the call with the same trxId is safe (INV-8).
 *
 * @example
 * ```ts
 * import { BlockStorage, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
 *
 * const storage = new MemoryRawStorage();
 * const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
 * const header = { id: 'note', type: 'note', collectionId: 'note' };
 * await repo.pend({ trxId: 't1', transforms: { inserts: { note: { header, text: 'hello' } } }, rev: 1, policy: 'f' });
 * await repo.commit({ trxId: 't1', blockIds: ['note'], rev: 1 });
 * const { note } = await repo.get({ blockIds: ['note'] });
 * console.log(note?.block?.text); // hello
 * await storage.close();
 * ```
 */
export class StorageRepo implements IRepo {
  readonly #createBlockStorage: (blockId: BlockId) => IBlockStorage;
  readonly #options: StorageRepoOptions;
  #context: RepoContext | undefined;
  #events: CommitEvents | undefined;

  /** @throws TypeError if `createBlockStorage` is no function. */
  constructor(createBlockStorage: (blockId: BlockId) => IBlockStorage, options: StorageRepoOptions = {}) {
    if (typeof createBlockStorage !== 'function') throw new TypeError('createBlockStorage must be a function');
    this.#createBlockStorage = createBlockStorage;
    this.#options = options;
    if (options.storage !== undefined) this.#bind(options.storage);
  }

  /** The storage of all blocks. */
  get storage(): IRawStorage {
    return this.#bound().storage;
  }

  /**
   * Reads blocks as one consistent cut: tips, or what `context` pins, with its overlay. A block that exists and cannot
   * be read has `unavailable`; its siblings are served.
   *
   * @throws InvalidRequestError · ExpiredError · StorageIoError · StoreClosedError · StoreLockedError ·
   *   LimitExceededError · CorruptRecordError (of the store as a whole) · `signal.reason`
   */
  get(gets: BlockGets, options?: RepoOptions): Promise<Record<BlockId, GetBlockResult>> {
    return this.#run(checkGets, gets, get, options);
  }

  /**
   * Reads like {@link StorageRepo.get}, but never asks the restore callback: what is not held here is `unavailable`. It
   * serves readers who may not make this node work for them.
   *
   * @throws as {@link StorageRepo.get}
   */
  getHeld(gets: BlockGets, options?: RepoOptions): Promise<Record<BlockId, GetBlockResult>> {
    return this.#run(checkGets, gets, getHeld, options);
  }

  /**
   * Makes a transaction pending on all of its blocks, in one batch that is durable before the answer. The same
   * transaction again changes nothing and succeeds.
   *
   * @returns a failure `stale`, `pending`, `trx-reused` or `expired`, which has changed nothing.
   * @throws InvalidRequestError · StorageIoError · QuotaExceededError · CorruptRecordError · StorePoisonedError ·
   *   StoreClosedError · StoreLockedError · LimitExceededError · `signal.reason`
   */
  pend(request: PendRequest, options?: RepoOptions): Promise<PendResult> {
    return this.#run(checkPend, request, pend, options);
  }

  /**
   * Commits a pending transaction on the blocks of the call at `rev`, in one batch that is durable before the answer.
   * Already committed there at that revision: success.
   *
   * @returns a failure `stale`, `missing-pend`, `missing-base` or `expired`, which has changed nothing.
   * @throws as {@link StorageRepo.pend}
   */
  commit(request: CommitRequest, options?: RepoOptions): Promise<CommitResult> {
    return this.#run(checkCommit, request, commit, options);
  }

  /**
   * Removes a pending transaction from the blocks of the call, in one batch that is durable when it resolves. What is
   * not pending is no error; what is committed stays.
   *
   * @throws as {@link StorageRepo.pend}, and ExpiredError
   */
  cancel(trx: TrxBlocks, options?: RepoOptions): Promise<void> {
    return this.#run(checkTrxBlocks, trx, cancel, options);
  }

  /**
   * The commit log as a feed: the entries behind `from` (exclusive, default 0: all), then each new one as it is
   * committed; no gap, no repeat. It ends with `signal.reason`, or with StoreClosedError when the store closes.
   *
   * @throws InvalidRequestError if `from` is no sequence number.
   */
  changes(options: { from?: number; signal?: AbortSignal } = {}): AsyncIterable<LogEntry> {
    return changeFeed(this.#bound().storage, requireRevision(options.from ?? 0, 'from', 0), options.signal);
  }

  /** Calls `listener` after each commit made through this repository. What it throws is logged. */
  addEventListener(type: 'commit', listener: CommitListener, options?: ListenOptions): void {
    this.#eventsOf(type).add(listener, options);
  }

  /** Stops what {@link StorageRepo.addEventListener} began. */
  removeEventListener(type: 'commit', listener: CommitListener, options?: ListenOptions): void {
    this.#eventsOf(type).remove(listener, options);
  }

  /**
   * Asks the restore callback of each block for the newest there is, and moves its tip forward to it.
   *
   * @throws RestoreFailedError for the first block that failed, after all were tried.
   */
  refresh(blockIds: readonly BlockId[], options?: RepoOptions): Promise<void> {
    return this.#run((value, limits) => checkBlockIds(value, 'blockIds', limits), blockIds, refresh, options);
  }

  /**
   * Walks the whole store and reports every violation: damaged records, holes, copies that are not what their history
   * yields, a broken log chain. It changes nothing.
   */
  async verify(options: CheckOptions = {}): Promise<VerifyReport> {
    const bound = this.#bound();
    // Loaded when it is called, so that a page that never does need not carry it.
    const { verify } = await import('../check/verify.js');
    return verify(bound, options);
  }

  /**
   * Opens a damaged store if need be, mends what can be mended from what is held or from peers, and reports the rest.
   * Damage in the engine's own files closes an open store and opens it again: what is under way then fails. It can be
   * interrupted and repeated (INV-9).
   */
  async recover(options: CheckOptions = {}): Promise<RecoverReport> {
    const bound = this.#bound();
    const { recover } = await import('../check/recover.js');
    return recover(bound, options);
  }

  /** One call, from its arguments to its end. */
  async #run<Request, T>(
    check: (value: unknown, limits: Limits) => Request,
    value: unknown,
    operation: (context: RepoContext, request: Request, options: RepoOptions) => MaybePromise<T>,
    options: RepoOptions | undefined,
  ): Promise<T> {
    const checkedOptions = checkRepoOptions(options);
    const context = this.#bound();
    const request = check(value, context.storage.limits);
    context.gate.enter();
    try {
      // What is at hand costs no turn of the event loop.
      const result = operation(context, request, checkedOptions);
      return result instanceof Promise ? await result : result;
    } finally {
      context.gate.leave();
    }
  }

  #bound(): RepoContext {
    return this.#context ?? this.#bind(this.#createBlockStorage(PROBE_ID).storage);
  }

  #bind(storage: IRawStorage): RepoContext {
    const log = storage.logger.forComponent('blockstrata:repo');
    this.#context = {
      storage,
      coordination: coordinationOf(storage),
      log,
      gate: new CallGate(storage.limits.callsInFlightMax),
      restoreUnknown: this.#options.restoreUnknown === true,
      blockStorage: blockId => this.#blockStorage(blockId, storage),
      announce: entries => {
        for (const entry of entries) this.#events?.dispatch(entry);
      },
    };
    return this.#context;
  }

  #blockStorage(blockId: BlockId, storage: IRawStorage): IBlockStorage {
    const blockStorage = this.#createBlockStorage(blockId);
    if (blockStorage.storage !== storage) {
      throw new TypeError('every BlockStorage of a StorageRepo must be made on the same IRawStorage');
    }
    return blockStorage;
  }

  #eventsOf(type: 'commit'): CommitEvents {
    if (type !== 'commit') throw new TypeError(`there is no event ${JSON.stringify(type)}`);
    return (this.#events ??= new CommitEvents((...args) => this.#context?.log.error(...args)));
  }
}
