import type { BlockId, IBlock, TrxId } from '@blockstrata/db-core';
import { metaKey, revKey, trxKey, type RecordKey } from '../driver/record-key.js';
import type { DriverWrite } from '../driver/store-driver.js';
import type { Encoded } from '../encoded/encoded-value.js';
import type { RawBatch } from '../raw-storage.js';
import type { BlockMetadata, LogDraft, LogEntry, PendingRecord, RevisionRecord, TrxRecord } from '../records.js';
import type { RecordCodec } from './codec.js';
import { sharingOf } from './content-walk.js';
import { isCacheable, type CachedRecord } from './record-cache.js';

/** What a batch hands to the group commit. */
export type SealedBatch = {
  readonly writes: readonly DriverWrite[];
  /** What the cache is to hold of each write once it is visible; apart, so that no driver keeps it with the write. */
  readonly cached: readonly (CachedRecord | undefined)[];
  readonly logDrafts: readonly LogDraft[];
  readonly byteLength: number;
};

/** Hands a batch to the store. */
export type SubmitBatch = (batch: SealedBatch, signal: AbortSignal | undefined) => Promise<readonly LogEntry[]>;

/** A batch that seals each record as soon as it is given. */
export class SealingBatch implements RawBatch {
  readonly #codec: RecordCodec;
  readonly #submit: SubmitBatch;
  readonly #writes: DriverWrite[] = [];
  readonly #cached: (CachedRecord | undefined)[] = [];
  readonly #logDrafts: LogDraft[] = [];
  #byteLength = 0;

  constructor(codec: RecordCodec, submit: SubmitBatch) {
    this.#codec = codec;
    this.#submit = submit;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  saveMetadata(blockId: BlockId, metadata: BlockMetadata): this {
    return this.#put(metaKey(blockId), metadata);
  }

  saveRevision(blockId: BlockId, rev: number, revision: RevisionRecord): this {
    return this.#put(revKey(blockId, rev), revision);
  }

  savePendingTransaction(blockId: BlockId, trxId: TrxId, pending: PendingRecord): this {
    return this.#put(trxKey('pend', blockId, trxId), pending);
  }

  deletePendingTransaction(blockId: BlockId, trxId: TrxId): this {
    return this.#delete(trxKey('pend', blockId, trxId));
  }

  promotePendingTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): this {
    return this.saveTransaction(blockId, trxId, trx).deletePendingTransaction(blockId, trxId);
  }

  saveTransaction(blockId: BlockId, trxId: TrxId, trx: TrxRecord): this {
    return this.#put(trxKey('trx', blockId, trxId), trx);
  }

  saveEncodedTransaction(blockId: BlockId, trxId: TrxId, transform: Encoded, rev: number): this {
    const key = trxKey('trx', blockId, trxId);
    const value =
      this.#codec.sealEncodedTrx?.(key, transform, rev) ??
      this.#codec.seal(key, { transform: transform.decode(), rev });
    return this.#push(key, value, undefined);
  }

  saveEncodedBlock(blockId: BlockId, trxId: TrxId, block: Encoded): this {
    const key = trxKey('block', blockId, trxId);
    return this.#push(key, this.#codec.sealEncoded?.(key, block) ?? this.#codec.seal(key, block.decode()), undefined);
  }

  saveMaterializedBlock(blockId: BlockId, trxId: TrxId, block: IBlock): this {
    return this.#put(trxKey('block', blockId, trxId), block);
  }

  deleteMaterializedBlock(blockId: BlockId, trxId: TrxId): this {
    return this.#delete(trxKey('block', blockId, trxId));
  }

  deleteMetadata(blockId: BlockId): this {
    return this.#delete(metaKey(blockId));
  }

  deleteRevision(blockId: BlockId, rev: number): this {
    return this.#delete(revKey(blockId, rev));
  }

  deleteTransaction(blockId: BlockId, trxId: TrxId): this {
    return this.#delete(trxKey('trx', blockId, trxId));
  }

  appendLog(entry: LogDraft): this {
    this.#logDrafts.push(entry);
    return this;
  }

  write(options?: { signal?: AbortSignal }): Promise<readonly LogEntry[]> {
    const batch = {
      writes: this.#writes,
      cached: this.#cached,
      logDrafts: this.#logDrafts,
      byteLength: this.#byteLength,
    };
    return this.#submit(batch, options?.signal);
  }

  #put(key: RecordKey, record: object): this {
    const value = this.#codec.seal(key, record);
    // What its owner could still change must not become the cached truth (INV-13).
    const sharing = isCacheable(key) ? sharingOf(record) : 'open';
    const cached = sharing === 'open' ? undefined : { record, holdsBytes: sharing === 'frozen-with-bytes' };
    return this.#push(key, value, cached);
  }

  #push(key: RecordKey, value: Uint8Array, cached: CachedRecord | undefined): this {
    this.#byteLength += value.length;
    this.#writes.push({ key, value });
    this.#cached.push(cached);
    return this;
  }

  #delete(key: RecordKey): this {
    this.#writes.push({ key, value: undefined });
    this.#cached.push(undefined);
    return this;
  }
}
