import {
  resolveLimits,
  silentLogger,
  systemClock,
  systemRandomness,
  type BlockId,
  type Clock,
  type ComponentLogger,
  type IBlock,
  type Limits,
  type Logger,
  type Metrics,
  type Randomness,
  type TrxId,
  type TrxRev,
} from '@blockstrata/db-core';
import { metaKey, revKey, trxKey, type RecordKey, type RecordKind } from '../driver/record-key.js';
import type { DriverLoss, DriverSupports, Durability, MaybePromise, StoreDriver } from '../driver/store-driver.js';
import type {
  IRawStorage,
  ListedPending,
  OpenOptions,
  OpenReport,
  PageOptions,
  RawBatch,
  ScannedRecord,
} from '../raw-storage.js';
import type {
  BlockMetadata,
  LogEntry,
  NumberedRevision,
  PendingRecord,
  RevisionRecord,
  TrxRecord,
} from '../records.js';
import { cborCodec } from './cbor-codec.js';
import { encodedTransform, type RecordCodec } from './codec.js';
import { EMPTY_LOG } from './commit-log.js';
import { GroupCommit } from './group-commit.js';
import type { StoreHeader } from './header.js';
import { InFlight } from './in-flight.js';
import { jsonCodec } from './json-codec.js';
import { LogGrowth } from './log-growth.js';
import { KernelMetrics } from './metrics.js';
import { SealingBatch, type SealedBatch } from './raw-batch.js';
import { RecordCache } from './record-cache.js';
import { RecordReader } from './record-reader.js';
import { RecordScanner } from './record-scanner.js';
import { closedError, closeStore, closingController, openStore, type OpenStore } from './store-session.js';

/** How a store is to work; the same for every backend. */
export type RawStorageOptions = {
  /** What a resolved write is worth: on disk, or in the hands of the operating system. Default `'strict'`. */
  durability?: Durability;
  /** `false`: a store that is not there is a StoreMissingError. Default true. */
  create?: boolean;
  /** Heap for decoded records, about; 0 caches nothing. Default {@link DEFAULT_CACHE_BYTES_MAX}. */
  cacheBytesMax?: number;
  /** Bounds that differ from {@link DEFAULT_LIMITS}. */
  limits?: Partial<Limits>;
  /** Where measurements go. Default: nowhere. */
  metrics?: Metrics;
  /** Where logs go. Default: nowhere. */
  logger?: ComponentLogger;
  clock?: Clock;
  randomness?: Randomness;
};

type State =
  | { readonly name: 'new' }
  | { readonly name: 'opening'; readonly opened: Promise<OpenReport> }
  | { readonly name: 'open'; readonly header: StoreHeader; readonly report: OpenReport }
  | { readonly name: 'closing'; readonly closed: Promise<void> }
  | { readonly name: 'closed' };

/**
 * The kernel: an {@link IRawStorage} over any {@link StoreDriver}. Encoding, checksums, group commit, caching and the
 * commit log are here and nowhere else.
 */
export class RawStorage implements IRawStorage {
  readonly limits: Limits;
  /** What components that work on this store log through. */
  readonly logger: ComponentLogger;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly #driver: StoreDriver;
  readonly #options: RawStorageOptions;
  readonly #codec: RecordCodec;
  readonly #cache: RecordCache;
  readonly #inFlight = new InFlight();
  readonly #reader: RecordReader;
  readonly #scanner: RecordScanner;
  readonly #groupCommit: GroupCommit;
  readonly #growth = new LogGrowth();
  readonly #log: Logger;
  #state: State = { name: 'new' };
  #closing = closingController();

  /** @throws TypeError if an option is wrong, or the driver does not support the durability. */
  constructor(driver: StoreDriver, options: RawStorageOptions = {}) {
    const { durability = 'strict', cacheBytesMax } = options;
    if (!driver.supports.durability.includes(durability)) {
      throw new TypeError(`durability ${JSON.stringify(durability)} is not supported by ${driver.name}`);
    }
    if (cacheBytesMax !== undefined && !(Number.isSafeInteger(cacheBytesMax) && cacheBytesMax >= 0)) {
      throw new TypeError('cacheBytesMax must be an integer of 0 or more');
    }
    this.limits = resolveLimits(options.limits);
    this.logger = options.logger ?? silentLogger;
    this.clock = options.clock ?? systemClock;
    this.randomness = options.randomness ?? systemRandomness;
    this.#driver = driver;
    this.#options = options;
    this.#codec = driver.supports.encoding === 'json' ? jsonCodec : cborCodec;
    this.#cache = new RecordCache(cacheBytesMax);
    this.#reader = new RecordReader(driver, this.#codec, this.#cache, this.#inFlight);
    this.#scanner = new RecordScanner(driver, this.#codec, this.#inFlight, this.limits.pageRecordsMax, () =>
      this.#ready(),
    );
    this.#log = this.logger.forComponent('blockstrata:store');
    this.#groupCommit = new GroupCommit({
      driver,
      codec: this.#codec,
      cache: this.#cache,
      inFlight: this.#inFlight,
      metrics: new KernelMetrics(options.metrics),
      groupBytesMax: this.limits.groupBytesMax,
      onLogGrowth: () => this.#growth.announce(),
    });
  }

  get name(): string {
    return this.#driver.name;
  }

  /** The backend below; for the conformance suite and tools. Writing past the kernel breaks what it keeps. */
  get driver(): StoreDriver {
    return this.#driver;
  }

  get supports(): DriverSupports {
    return this.#driver.supports;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get logSeq(): number {
    return this.#groupCommit.logHead.seq;
  }

  async open(options: OpenOptions = {}): Promise<OpenReport> {
    const state = this.#state;
    if (state.name === 'open') return state.report;
    if (state.name === 'opening') return state.opened;
    if (state.name === 'closing') {
      await state.closed;
      return this.open(options);
    }
    const opened = this.#open(options.salvage === true);
    this.#state = { name: 'opening', opened };
    return opened;
  }

  async close(): Promise<void> {
    const state = this.#state;
    if (state.name === 'closing') return state.closed;
    if (state.name === 'opening') {
      await state.opened.catch(() => undefined);
      return this.close();
    }
    if (state.name !== 'open') {
      this.#closing.abort(closedError(this.#driver));
      this.#state = { name: 'closed' };
      return;
    }
    const closed = this.#close(state.header);
    this.#state = { name: 'closing', closed };
    return closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async getMetadata(blockId: BlockId): Promise<BlockMetadata | undefined> {
    await this.#ready();
    return (await this.#reader.readHeads([blockId]))[0] as BlockMetadata | undefined;
  }

  getMetadataMany(blockIds: readonly BlockId[]): MaybePromise<(BlockMetadata | undefined)[]> {
    return this.#whenReady(() => this.#reader.readHeads(blockIds) as MaybePromise<(BlockMetadata | undefined)[]>);
  }

  getRevision(blockId: BlockId, rev: number): MaybePromise<RevisionRecord | undefined> {
    return this.#whenReady(() => this.#reader.read(revKey(blockId, rev)) as MaybePromise<RevisionRecord | undefined>);
  }

  async *listRevisions(
    blockId: BlockId,
    startRev: number,
    endRev: number,
    options: { limit?: number } = {},
  ): AsyncIterable<NumberedRevision> {
    const reverse = startRev > endRev;
    const [from, to] = reverse ? [endRev, startRev] : [startRev, endRev];
    for await (const { key, record } of this.#scanner.read(
      { kind: 'rev', blockId, from, to, reverse },
      options.limit,
    )) {
      if (key.kind === 'rev') yield Object.freeze({ rev: key.rev, ...(record as RevisionRecord) });
    }
  }

  async *listRevisionPages(
    blockId: BlockId,
    startRev: number,
    endRev: number,
  ): AsyncIterable<readonly NumberedRevision[]> {
    const reverse = startRev > endRev;
    const [from, to] = reverse ? [endRev, startRev] : [startRev, endRev];
    for await (const page of this.#scanner.readPages({ kind: 'rev', blockId, from, to, reverse })) {
      yield page.flatMap(({ key, record }) =>
        key.kind === 'rev' ? Object.freeze({ rev: key.rev, ...(record as RevisionRecord) }) : [],
      );
    }
  }

  getPendingTransaction(blockId: BlockId, trxId: TrxId): MaybePromise<PendingRecord | undefined> {
    return this.#whenReady(() => this.#reader.readPending(blockId, trxId) as MaybePromise<PendingRecord | undefined>);
  }

  async *listPendingTransactions(blockId: BlockId): AsyncIterable<ListedPending> {
    for await (const { key, record } of this.#scanner.read({ kind: 'pend', blockId })) {
      if (key.kind === 'pend') yield { trxId: key.trxId, pending: record as PendingRecord };
    }
  }

  getTransaction(blockId: BlockId, trxId: TrxId): MaybePromise<TrxRecord | undefined> {
    return this.#whenReady(
      () => this.#reader.read(trxKey('trx', blockId, trxId)) as MaybePromise<TrxRecord | undefined>,
    );
  }

  async getTransactions(blockId: BlockId, trxIds: readonly TrxId[]): Promise<(TrxRecord | undefined)[]> {
    await this.#ready();
    const keys = trxIds.map(trxId => trxKey('trx', blockId, trxId));
    return (await this.#reader.readMany(keys)) as (TrxRecord | undefined)[];
  }

  async getEncodedTransforms(blockId: BlockId, trxs: readonly TrxRev[]): Promise<(Uint8Array | undefined)[]> {
    await this.#ready();
    const keys = trxs.map(({ trxId }) => trxKey('trx', blockId, trxId));
    return this.#reader.readValues(keys, (key, value, i) =>
      value === undefined ? undefined : encodedTransform(this.#codec, key, value, trxs[i]?.rev ?? 0),
    );
  }

  getMaterializedBlock(blockId: BlockId, trxId: TrxId): MaybePromise<IBlock | undefined> {
    return this.#whenReady(() => this.#reader.readCopy(blockId, trxId) as MaybePromise<IBlock | undefined>);
  }

  async *listBlockIds(options: PageOptions<BlockId> = {}): AsyncIterable<BlockId> {
    const after = options.after === undefined ? {} : { after: metaKey(options.after) };
    for await (const key of this.#scanner.keys({ kind: 'meta', ...after }, options.limit)) {
      if (key.kind === 'meta') yield key.blockId;
    }
  }

  async *readLog(options: { from?: number; limit?: number } = {}): AsyncIterable<LogEntry> {
    await this.#ready();
    const range = { kind: 'log', from: (options.from ?? 0) + 1, to: this.logSeq } as const;
    if (range.from > range.to) return;
    for await (const { record } of this.#scanner.read(range, options.limit)) yield record as LogEntry;
  }

  async *scanRecords(kind: RecordKind, blockId?: BlockId): AsyncIterable<ScannedRecord> {
    yield* this.#scanner.inspect(blockId === undefined ? { kind } : { kind, blockId });
  }

  async *scanKeys(kind: RecordKind): AsyncIterable<RecordKey> {
    yield* this.#scanner.keys({ kind, intactOnly: true });
  }

  async inspectEngine(): Promise<readonly DriverLoss[]> {
    await this.#ready();
    return this.#inFlight.read([], async () => (await this.#driver.inspect?.()) ?? []);
  }

  async logGrowth(seq: number, signal?: AbortSignal): Promise<void> {
    await this.#ready();
    if (this.logSeq > seq) return;
    await this.#growth.next([this.closing, ...(signal === undefined ? [] : [signal])]);
  }

  async saveMetadata(blockId: BlockId, metadata: BlockMetadata): Promise<void> {
    await this.batch().saveMetadata(blockId, metadata).write();
  }

  async saveRevision(blockId: BlockId, rev: number, revision: RevisionRecord): Promise<void> {
    await this.batch().saveRevision(blockId, rev, revision).write();
  }

  async savePendingTransaction(blockId: BlockId, trxId: TrxId, pending: PendingRecord): Promise<void> {
    await this.batch().savePendingTransaction(blockId, trxId, pending).write();
  }

  async deletePendingTransaction(blockId: BlockId, trxId: TrxId): Promise<void> {
    await this.batch().deletePendingTransaction(blockId, trxId).write();
  }

  async promotePendingTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): Promise<void> {
    await this.batch().promotePendingTransaction(blockId, trxId, trx).write();
  }

  async saveTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): Promise<void> {
    await this.batch().saveTransaction(blockId, trxId, trx).write();
  }

  async saveMaterializedBlock(blockId: BlockId, trxId: TrxId, block: IBlock): Promise<void> {
    await this.batch().saveMaterializedBlock(blockId, trxId, block).write();
  }

  async deleteMaterializedBlock(blockId: BlockId, trxId: TrxId): Promise<void> {
    await this.batch().deleteMaterializedBlock(blockId, trxId).write();
  }

  batch(): RawBatch {
    return new SealingBatch(this.#codec, (batch, signal) => this.#submit(batch, signal));
  }

  async estimateSize(): Promise<number> {
    await this.#ready();
    return this.#inFlight.read([], () => this.#driver.size());
  }

  #submit(batch: SealedBatch, signal: AbortSignal | undefined): Promise<readonly LogEntry[]> {
    if (this.#state.name === 'open') return this.#groupCommit.submit(batch, signal);
    // By then the store may be closing again.
    return this.#ready().then(() => this.#submit(batch, signal));
  }

  #whenReady<T>(run: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#state.name === 'open') return run();
    return this.#ready().then(() => this.#whenReady(run));
  }

  async #ready(): Promise<void> {
    if (this.#state.name === 'open') return;
    if (this.#state.name === 'closing' || this.#state.name === 'closed') throw closedError(this.#driver);
    await this.open();
  }

  async #open(salvage: boolean): Promise<OpenReport> {
    const { create = true, durability = 'strict' } = this.#options;
    const { clock, randomness } = this;
    let store: OpenStore;
    try {
      store = await openStore(
        { driver: this.#driver, codec: this.#codec, create, durability, clock, randomness },
        salvage,
      );
    } catch (error) {
      // The next operation tries again: what is in the way, such as another owner, may go away.
      this.#state = { name: 'new' };
      throw error;
    }
    this.#groupCommit.reset(store.logHead);
    // What began to wait before the first open ends with the store, too.
    if (this.#closing.signal.aborted) this.#closing = closingController();
    this.#state = { name: 'open', header: store.header, report: store.report };
    this.#log('opened %s at epoch %d, log at %d', this.name, store.header.epoch, store.logHead.seq);
    return store.report;
  }

  async #close(header: StoreHeader): Promise<void> {
    this.#closing.abort(closedError(this.#driver));
    try {
      await this.#groupCommit.drain();
      await this.#inFlight.readsDone();
      const clean = this.#groupCommit.poisoned ? undefined : this.#groupCommit.logHead;
      await closeStore(this.#driver, header, clean);
    } finally {
      this.#cache.clear();
      this.#groupCommit.reset(EMPTY_LOG);
      this.#state = { name: 'closed' };
      this.#log('closed %s', this.name);
    }
  }
}
