import {
  InvalidRequestError,
  requireId,
  requireRevision,
  RestoreFailedError,
  type BlockId,
  type IBlock,
  type RevisionRange,
  type Transform,
  type TrxId,
  type TrxRev,
} from '@blockstrata/db-core';
import type { IRawStorage, ListedPending } from '../raw-storage.js';
import type { NumberedRevision, PendingRecord, RevisionRecord } from '../records.js';
import type { RestoreCallback } from './archive.js';
import type { Coverage } from './coverage.js';
import { isHeld } from './head.js';
import { materialize, type Materialized } from './materialize.js';
import { ensureHeld, restoreOnce, type Restoration } from './restoration.js';
import { restoreHistory } from './restore-history.js';
import { DEFAULT_CHECKPOINT_INTERVAL } from './retention.js';

/** How one block's versions are kept. */
export type BlockStorageOptions = {
  /** Revisions that pass at most between two kept copies, from 1. Default {@link DEFAULT_CHECKPOINT_INTERVAL}. */
  checkpointInterval?: number;
};

/** How a revision is to be had. */
export type EnsureOptions = {
  signal?: AbortSignal | undefined;
  /** The tip may move forward, to the revision that is asked for. Default false. */
  movesTip?: boolean;
  /** Ask the restore callback even for what is held. Default false. */
  refetch?: boolean;
};

/** The versions of one block, as a StorageRepo sees them. */
export interface IBlockStorage {
  readonly blockId: BlockId;
  readonly storage: IRawStorage;
  readonly checkpointInterval: number;
  /** Whether what is missing can be asked for elsewhere. */
  readonly restores: boolean;
  getLatest(): Promise<TrxRev | undefined>;
  getBlock(rev?: number, options?: { signal?: AbortSignal }): Promise<Materialized | undefined>;
  ensureRevision(rev: number, options?: EnsureOptions): Promise<Coverage>;
  refresh(options?: { signal?: AbortSignal | undefined }): Promise<void>;
}

/**
 * The versions of one block: reads any of its revisions, and restores those that are missing. It holds no state of its
 * own, so it is cheap to make and to throw away.
 *
 * The savers are each one atomic write, durable when it resolves; they are for tools and tests. A database writes
 * through a StorageRepo, which joins all that belongs together into one batch.
 *
 * @example
 * ```ts
 * import { BlockStorage, MemoryRawStorage } from '@blockstrata/db-p2p/storage';
 *
 * const storage = new MemoryRawStorage();
 * const block = new BlockStorage('block1', storage);
 * console.log(await block.getLatest()); // undefined
 * await storage.close();
 * ```
 */
export class BlockStorage implements IBlockStorage {
  readonly blockId: BlockId;
  readonly storage: IRawStorage;
  readonly checkpointInterval: number;
  readonly #restore: RestoreCallback | undefined;

  /** @throws InvalidRequestError for a bad id · TypeError for a bad option. */
  constructor(blockId: BlockId, storage: IRawStorage, restore?: RestoreCallback, options: BlockStorageOptions = {}) {
    const { checkpointInterval = DEFAULT_CHECKPOINT_INTERVAL } = options;
    if (!Number.isSafeInteger(checkpointInterval) || checkpointInterval < 1) {
      throw new TypeError('checkpointInterval must be a positive integer');
    }
    this.blockId = requireId(blockId, 'blockId', storage.limits);
    this.storage = storage;
    this.#restore = restore;
    this.checkpointInterval = checkpointInterval;
  }

  get restores(): boolean {
    return this.#restore !== undefined;
  }

  /** The newest committed transaction that is held. */
  async getLatest(): Promise<TrxRev | undefined> {
    return (await this.storage.getMetadata(this.blockId))?.latest;
  }

  /**
   * The block at its highest revision at or below `rev` (default: the tip), restored first where it is missing. No
   * `block` in the answer: deleted. `undefined`: the block is not known, or did not exist yet.
   *
   * @throws RestoreFailedError · CorruptRecordError · StorageIoError · InvalidRequestError
   */
  async getBlock(rev?: number, options: { signal?: AbortSignal } = {}): Promise<Materialized | undefined> {
    const head = await this.storage.getMetadata(this.blockId);
    if (rev === undefined) {
      return isHeld(head) ? materialize(this.storage, this.blockId, head, head.latest.rev) : undefined;
    }
    requireRevision(rev, 'rev');
    const coverage = await this.ensureRevision(rev, options);
    if (coverage.kind === 'unknown' && isHeld(head)) {
      throw new RestoreFailedError(this.blockId, rev, 'it is not held here, and there is no restore callback');
    }
    if (coverage.kind !== 'held') return undefined;
    const restored = await this.storage.getMetadata(this.blockId);
    return isHeld(restored) ? materialize(this.storage, this.blockId, restored, rev) : undefined;
  }

  /** The transform of a committed transaction. */
  async getTransaction(trxId: TrxId): Promise<Transform | undefined> {
    return (await this.storage.getTransaction(this.blockId, trxId))?.transform;
  }

  /** The transform of a pending transaction. */
  async getPendingTransaction(trxId: TrxId): Promise<Transform | undefined> {
    return (await this.storage.getPendingTransaction(this.blockId, trxId))?.transform;
  }

  /** The transactions that are pending, with what they were checked against. */
  listPendingTransactions(): AsyncIterable<ListedPending> {
    return this.storage.listPendingTransactions(this.blockId);
  }

  /** The revisions that are held, both ends inclusive; descending where `startRev` is the larger. */
  listRevisions(startRev: number, endRev: number): AsyncIterable<NumberedRevision> {
    return this.storage.listRevisions(this.blockId, startRev, endRev);
  }

  /** Makes a transform pending, in the record alone: the head is the StorageRepo's to keep. */
  async savePendingTransaction(trxId: TrxId, pending: PendingRecord): Promise<void> {
    await this.storage.savePendingTransaction(this.blockId, trxId, pending);
  }

  /** Deletes a pending record. */
  async deletePendingTransaction(trxId: TrxId): Promise<void> {
    await this.storage.deletePendingTransaction(this.blockId, trxId);
  }

  /**
   * Moves a transform from pending to committed.
   *
   * @throws InvalidRequestError if the transaction is not pending.
   */
  async promotePendingTransaction(trxId: TrxId, rev: number): Promise<void> {
    const pending = await this.storage.getPendingTransaction(this.blockId, trxId);
    if (pending === undefined) throw new InvalidRequestError('trxId', 'is not pending on this block');
    await this.storage.promotePendingTransaction(this.blockId, trxId, { transform: pending.transform, rev });
  }

  /** Stores the copy of the block after a transaction; without `block` deletes it. */
  async saveMaterializedBlock(trxId: TrxId, block: IBlock | undefined): Promise<void> {
    if (block === undefined) await this.storage.deleteMaterializedBlock(this.blockId, trxId);
    else await this.storage.saveMaterializedBlock(this.blockId, trxId, block);
  }

  /** Stores a revision. */
  async saveRevision(rev: number, revision: RevisionRecord): Promise<void> {
    await this.storage.saveRevision(this.blockId, rev, revision);
  }

  /**
   * Sets the newest revision, forwards only (INV-4).
   *
   * @throws InvalidRequestError if it would move back.
   */
  async setLatest(latest: TrxRev): Promise<void> {
    const head = (await this.storage.getMetadata(this.blockId)) ?? { ranges: [] };
    if (isHeld(head) && latest.rev < head.latest.rev) {
      throw new InvalidRequestError('latest.rev', `must not be below ${head.latest.rev}`);
    }
    const ranges: RevisionRange[] = head.ranges.length === 0 ? [[latest.rev]] : head.ranges;
    await this.storage.saveMetadata(this.blockId, { ...head, ranges, latest });
  }

  /**
   * Sees to it that `rev` is held or known to be absent, asking the restore callback only for what lies outside the
   * ranges that are held. Concurrent asks share one call; failures back off.
   *
   * @throws RestoreFailedError · CorruptRecordError · StorageIoError
   */
  async ensureRevision(rev: number, options: EnsureOptions = {}): Promise<Coverage> {
    const { signal, movesTip = false, refetch = false } = options;
    return ensureHeld(this.#restoration(), { rev: requireRevision(rev, 'rev', 0), movesTip, refetch, signal });
  }

  /** Asks the restore callback for the newest there is, and moves the tip forward to it. */
  async refresh(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await restoreOnce(this.#restoration(), { rev: undefined, movesTip: true, signal: options.signal });
  }

  /**
   * Asks the restore callback for the newest there is, and then for all that is missing below it, down to the first
   * revision. Each archive is installed as it comes, while the next one is on its way.
   *
   * @throws RestoreFailedError · CorruptRecordError · StorageIoError; what was installed before stays.
   */
  async ensureHistory(options: { signal?: AbortSignal } = {}): Promise<void> {
    await restoreHistory(this.#restoration(), options.signal);
  }

  #restoration(): Restoration {
    const { storage, blockId, checkpointInterval } = this;
    return { storage, blockId, restore: this.#restore, checkpointInterval };
  }
}
