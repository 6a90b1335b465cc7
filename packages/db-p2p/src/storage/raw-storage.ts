import type {
  BlockId,
  Clock,
  ComponentLogger,
  CorruptRecordError,
  IBlock,
  Limits,
  Randomness,
  TrxId,
  TrxRev,
} from '@blockstrata/db-core';
import type { RecordKey, RecordKind } from './driver/record-key.js';
import type { DriverLoss, DriverSupports, MaybePromise } from './driver/store-driver.js';
import type { Encoded } from './encoded/encoded-value.js';
import type {
  BlockMetadata,
  LogDraft,
  LogEntry,
  NumberedRevision,
  PendingRecord,
  RevisionRecord,
  TrxRecord,
} from './records.js';

/** What opening a store found. */
export type OpenReport = {
  /** The store was not closed the last time, so the driver recovered it. */
  readonly recovered: boolean;
  /** Raised at every open. */
  readonly epoch: number;
  /** What was given up; only with `salvage`. */
  readonly losses: readonly DriverLoss[];
};

/** How to open a store. */
export type OpenOptions = {
  /** Open a damaged store all the same, and report what it lost. Default false. */
  salvage?: boolean;
};

/** A page of something that is listed. */
export type PageOptions<After> = { after?: After; limit?: number };

/** A pending transaction as it is listed. */
export type ListedPending = { trxId: TrxId; pending: PendingRecord };

/** One stored record as a check of the whole store sees it: decoded, or with what is wrong with it. */
export type ScannedRecord = {
  readonly key: RecordKey;
  readonly bytes: Uint8Array;
  readonly record?: unknown;
  readonly damage?: CorruptRecordError;
};

/**
 * Writers, chained; nothing happens until {@link RawBatch.write}, which applies all of them in order, or none.
 * The writers copy nothing: give them frozen content.
 */
export interface RawBatch {
  /** Encoded bytes of the records put so far. */
  readonly byteLength: number;
  saveMetadata(blockId: BlockId, metadata: BlockMetadata): this;
  saveRevision(blockId: BlockId, rev: number, revision: RevisionRecord): this;
  savePendingTransaction(blockId: BlockId, trxId: TrxId, pending: PendingRecord): this;
  deletePendingTransaction(blockId: BlockId, trxId: TrxId): this;
  /** Puts `trx` and deletes the pending record in the same step. */
  promotePendingTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): this;
  saveTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): this;
  /** Puts a transaction whose transform is encoded already: as a store would encode it, and checked. */
  saveEncodedTransaction(blockId: BlockId, trxId: TrxId, transform: Encoded, rev: number): this;
  saveMaterializedBlock(blockId: BlockId, trxId: TrxId, block: IBlock): this;
  /** Puts a copy that is encoded already, likewise. */
  saveEncodedBlock(blockId: BlockId, trxId: TrxId, block: Encoded): this;
  deleteMaterializedBlock(blockId: BlockId, trxId: TrxId): this;
  deleteMetadata(blockId: BlockId): this;
  deleteRevision(blockId: BlockId, rev: number): this;
  deleteTransaction(blockId: BlockId, trxId: TrxId): this;
  appendLog(entry: LogDraft): this;
  /**
   * Applies the batch; durable, and visible to readers, when it resolves. Resolves with the log entries that it appended.
   * An abort acts only while the batch waits for the driver (INV-8), and rejects with `signal.reason`.
   *
   * @throws StorageIoError · QuotaExceededError · StorePoisonedError · StoreClosedError
   */
  write(options?: { signal?: AbortSignal }): Promise<readonly LogEntry[]>;
}

/**
 * Typed records over a {@link StoreDriver}. `undefined` is absence; corruption is a CorruptRecordError and a failure of
 * the engine a StorageIoError, never `undefined` (INV-6). What is handed out is frozen; byte arrays in it are copies.
 *
 * Usable straight after `new`: the first operation opens the store.
 */
export interface IRawStorage {
  readonly name: string;
  readonly supports: DriverSupports;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: ComponentLogger;
  /** Aborts when `close()` begins, be the store open or not. A new one when it is opened again. */
  readonly closing: AbortSignal;

  open(options?: OpenOptions): Promise<OpenReport>;
  /**
   * Lets writes under way finish, then closes; one that still waits for the store to open may be refused with
   * StoreClosedError instead. Closing a closed store does nothing.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  getMetadata(blockId: BlockId): Promise<BlockMetadata | undefined>;
  /** The heads of several blocks as one consistent cut; answered at once where all are cached. */
  getMetadataMany(blockIds: readonly BlockId[]): MaybePromise<(BlockMetadata | undefined)[]>;
  getRevision(blockId: BlockId, rev: number): MaybePromise<RevisionRecord | undefined>;
  /** The revisions held from `startRev` to `endRev`, both inclusive; descending where `startRev` is the larger. */
  listRevisions(
    blockId: BlockId,
    startRev: number,
    endRev: number,
    options?: { limit?: number },
  ): AsyncIterable<NumberedRevision>;
  /** The same in pages of at most {@link Limits.pageRecordsMax}: for whoever reads many. */
  listRevisionPages(blockId: BlockId, startRev: number, endRev: number): AsyncIterable<readonly NumberedRevision[]>;
  getPendingTransaction(blockId: BlockId, trxId: TrxId): MaybePromise<PendingRecord | undefined>;
  listPendingTransactions(blockId: BlockId): AsyncIterable<ListedPending>;
  getTransaction(blockId: BlockId, trxId: TrxId): MaybePromise<TrxRecord | undefined>;
  /** Several transactions of one block, as one consistent cut. */
  getTransactions(blockId: BlockId, trxIds: readonly TrxId[]): Promise<(TrxRecord | undefined)[]>;
  /**
   * The transforms of several transactions of one block, encoded as in CBOR stores, whatever the encoding of this one; as
   * one consistent cut. The bytes are the store's own: they may not be changed.
   */
  getEncodedTransforms(blockId: BlockId, trxs: readonly TrxRev[]): Promise<(Uint8Array | undefined)[]>;
  getMaterializedBlock(blockId: BlockId, trxId: TrxId): MaybePromise<IBlock | undefined>;
  /** The ids of all blocks that have a head, in an order that is the backend's own. */
  listBlockIds(options?: PageOptions<BlockId>): AsyncIterable<BlockId>;
  /** The entries of the commit log behind `from` (exclusive, default 0), in order. */
  readLog(options?: { from?: number; limit?: number }): AsyncIterable<LogEntry>;
  /** The sequence number of the newest log entry that readers can see; 0: none, or not open yet. */
  readonly logSeq: number;
  /**
   * Every record of one kind, of one block or of all, damaged ones too; for checks of the whole store. What lies where
   * {@link IRawStorage.inspectEngine} tells of damage is left out.
   */
  scanRecords(kind: RecordKind, blockId?: BlockId): AsyncIterable<ScannedRecord>;
  /** The key of every record of one kind; those of one block lie together. The same is left out. */
  scanKeys(kind: RecordKind): AsyncIterable<RecordKey>;
  /** Damage in the engine's own files, which takes many records at once: what opening with `salvage` would give up. */
  inspectEngine(): Promise<readonly DriverLoss[]>;
  /** Resolves when the log has grown beyond `seq`, or rejects when `signal` aborts. */
  logGrowth(seq: number, signal?: AbortSignal): Promise<void>;

  saveMetadata(blockId: BlockId, metadata: BlockMetadata): Promise<void>;
  saveRevision(blockId: BlockId, rev: number, revision: RevisionRecord): Promise<void>;
  savePendingTransaction(blockId: BlockId, trxId: TrxId, pending: PendingRecord): Promise<void>;
  deletePendingTransaction(blockId: BlockId, trxId: TrxId): Promise<void>;
  promotePendingTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): Promise<void>;
  saveTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): Promise<void>;
  saveMaterializedBlock(blockId: BlockId, trxId: TrxId, block: IBlock): Promise<void>;
  deleteMaterializedBlock(blockId: BlockId, trxId: TrxId): Promise<void>;
  batch(): RawBatch;

  /** Bytes that the store takes up, about. */
  estimateSize(): Promise<number>;
}
