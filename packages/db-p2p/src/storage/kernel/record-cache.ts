import type { BlockId, TrxId } from '@blockstrata/db-core';
import { LRUCache } from '#platform';
import type { RecordKey, RecordKind } from '../driver/record-key.js';
import type { BlockMetadata } from '../records.js';

/** A decoded record, and whether it holds byte arrays, which must not be shared with callers. */
export type CachedRecord = { readonly record: object; readonly holdsBytes: boolean };

/** Whether records of a kind are cached: what is read once and again, and not the history. */
export function isCacheable(kind: RecordKind): boolean {
  return kind === 'meta' || kind === 'block' || kind === 'pend';
}

/** The cache of a store that is not told otherwise: 64 MiB. */
export const DEFAULT_CACHE_BYTES_MAX: number = 64 * 1024 * 1024;

// What a decoded record takes up in the heap beside its content, measured with heads and 1 KiB blocks.
const ENTRY_OVERHEAD_BYTES = 512;
const HEAP_BYTES_PER_ENCODED_BYTE = 2;

// lru-cache makes options where it is given none.
const GET_OPTIONS = {};

/**
 * Decoded records, bounded by an estimate of the heap that they take (INV-12). What is cached of a block comes and goes
 * together, under the block's id, which the caller has at hand: its head, one copy, and what is pending on it. The
 * kernel keeps it coherent: every write goes through it when it becomes visible.
 */
export class RecordCache {
  readonly #blocks: LRUCache<BlockId, CachedBlock> | undefined;

  /** A cache of at most `bytesMax` bytes; 0 keeps nothing. */
  constructor(bytesMax: number = DEFAULT_CACHE_BYTES_MAX) {
    this.#blocks = bytesMax === 0 ? undefined : new LRUCache({ maxSize: bytesMax });
  }

  /** The head of a block. */
  head(blockId: BlockId): CachedRecord | undefined {
    return this.#blocks?.get(blockId, GET_OPTIONS)?.head;
  }

  /** The copy of a block that a transaction left. */
  copy(blockId: BlockId, trxId: TrxId): CachedRecord | undefined {
    const block = this.#blocks?.get(blockId, GET_OPTIONS);
    return block?.copyTrxId === trxId ? block.copy : undefined;
  }

  /** What a transaction has pending on a block. */
  pending(blockId: BlockId, trxId: TrxId): CachedRecord | undefined {
    return this.#blocks?.get(blockId, GET_OPTIONS)?.pendings?.get(trxId)?.cached;
  }

  /** Keeps what was written; of copies, the last one. */
  set(key: RecordKey, cached: CachedRecord, encodedBytes: number): void {
    if (this.#blocks === undefined || key.kind === 'log') return;
    const block = this.#blocks.get(key.blockId, GET_OPTIONS) ?? NOTHING;
    const bytes = ENTRY_OVERHEAD_BYTES + HEAP_BYTES_PER_ENCODED_BYTE * (key.encoded.length + encodedBytes);
    if (key.kind === 'meta') this.#keep(key.blockId, block.withHead(cached, bytes));
    else if (key.kind === 'block') this.#keep(key.blockId, block.withCopy(key.trxId, cached, bytes));
    else if (key.kind === 'pend') this.#keep(key.blockId, block.withPending(key.trxId, { cached, bytes }));
  }

  /** Keeps what was read, unless it is a copy from history, which must not take the place of the tip. */
  keepRead(key: RecordKey, cached: CachedRecord, encodedBytes: number): void {
    if (key.kind === 'block') {
      const head = this.head(key.blockId)?.record as BlockMetadata | undefined;
      if (head?.latest?.trxId !== key.trxId) return;
    }
    this.set(key, cached, encodedBytes);
  }

  delete(key: RecordKey): void {
    if (key.kind === 'log') return;
    const block = this.#blocks?.get(key.blockId, GET_OPTIONS);
    if (block === undefined) return;
    if (key.kind === 'meta') this.#keep(key.blockId, block.withHead(undefined, 0));
    else if (key.kind === 'block' && block.copyTrxId === key.trxId) {
      this.#keep(key.blockId, block.withCopy(undefined, undefined, 0));
    } else if (key.kind === 'pend') this.#keep(key.blockId, block.withPending(key.trxId, undefined));
  }

  clear(): void {
    this.#blocks?.clear();
  }

  #keep(blockId: BlockId, block: CachedBlock): void {
    if (block.bytes === 0) this.#blocks?.delete(blockId);
    else this.#blocks?.set(blockId, block, { size: block.bytes });
  }
}

type Pendings = Map<TrxId, { readonly cached: CachedRecord; readonly bytes: number }>;

/** What is cached of one block. */
class CachedBlock {
  readonly head: CachedRecord | undefined;
  readonly copyTrxId: TrxId | undefined;
  readonly copy: CachedRecord | undefined;
  readonly pendings: Pendings | undefined;
  readonly #headBytes: number;
  readonly #copyBytes: number;
  readonly #pendingBytes: number;

  constructor(
    head: CachedRecord | undefined,
    headBytes: number,
    copyTrxId: TrxId | undefined,
    copy: CachedRecord | undefined,
    copyBytes: number,
    pendings: Pendings | undefined,
    pendingBytes: number,
  ) {
    this.head = head;
    this.#headBytes = headBytes;
    this.copyTrxId = copyTrxId;
    this.copy = copy;
    this.#copyBytes = copyBytes;
    this.pendings = pendings;
    this.#pendingBytes = pendingBytes;
  }

  /** 0: nothing is cached. */
  get bytes(): number {
    return this.#headBytes + this.#copyBytes + this.#pendingBytes;
  }

  withHead(head: CachedRecord | undefined, bytes: number): CachedBlock {
    const { copyTrxId, copy, pendings } = this;
    return new CachedBlock(head, bytes, copyTrxId, copy, this.#copyBytes, pendings, this.#pendingBytes);
  }

  withCopy(trxId: TrxId | undefined, copy: CachedRecord | undefined, bytes: number): CachedBlock {
    return new CachedBlock(this.head, this.#headBytes, trxId, copy, bytes, this.pendings, this.#pendingBytes);
  }

  withPending(trxId: TrxId, pending: { cached: CachedRecord; bytes: number } | undefined): CachedBlock {
    const pendings = this.pendings ?? (new Map() as Pendings);
    const bytes = this.#pendingBytes - (pendings.get(trxId)?.bytes ?? 0) + (pending?.bytes ?? 0);
    if (pending === undefined) pendings.delete(trxId);
    else pendings.set(trxId, pending);
    const left = pendings.size === 0 ? undefined : pendings;
    return new CachedBlock(this.head, this.#headBytes, this.copyTrxId, this.copy, this.#copyBytes, left, bytes);
  }
}

const NOTHING = new CachedBlock(undefined, 0, undefined, undefined, 0, undefined, 0);
