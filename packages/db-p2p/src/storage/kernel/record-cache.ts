import type { BlockId, TrxId } from '@blockstrata/db-core';
import { LRUCache } from '#platform';
import type { RecordKey } from '../driver/record-key.js';
import type { DriverWrite } from '../driver/store-driver.js';
import type { BlockMetadata } from '../records.js';

/** A decoded record, and whether it holds byte arrays, which must not be shared with callers. */
export type CachedRecord = { readonly record: object; readonly holdsBytes: boolean };

/** The keys of records that are cached. */
export type CacheableKey = RecordKey & { readonly kind: 'meta' | 'block' | 'pend' };

/** Whether the record of a key is cached: what is read once and again, and not the history. */
export function isCacheable(key: RecordKey): key is CacheableKey {
  return key.kind === 'meta' || key.kind === 'block' || key.kind === 'pend';
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

  /** Follows a batch that has become visible: keeps of each write what is at the same index of `cached`, or forgets it. */
  apply(writes: readonly DriverWrite[], cached: readonly (CachedRecord | undefined)[]): void {
    if (this.#blocks === undefined) return;
    let blockId: BlockId | undefined;
    let block = NOTHING;
    // What a batch writes of a block lies together, mostly: one look and one change for all of it.
    for (let i = 0; i < writes.length; i++) {
      const write = writes[i];
      if (write === undefined || !isCacheable(write.key)) continue;
      if (write.key.blockId !== blockId) {
        if (blockId !== undefined) this.#keep(blockId, block);
        blockId = write.key.blockId;
        block = this.#blocks.get(blockId, GET_OPTIONS) ?? NOTHING;
      }
      block = block.with(write.key, cached[i], write.value?.length ?? 0);
    }
    if (blockId !== undefined) this.#keep(blockId, block);
  }

  /** Keeps what was read, unless it is a copy from history, which must not take the place of the tip. */
  keepRead(key: CacheableKey, cached: CachedRecord, encodedBytes: number): void {
    if (this.#blocks === undefined) return;
    const block = this.#blocks.get(key.blockId, GET_OPTIONS) ?? NOTHING;
    if (key.kind === 'block' && (block.head?.record as BlockMetadata | undefined)?.latest?.trxId !== key.trxId) return;
    this.#keep(key.blockId, block.with(key, cached, encodedBytes));
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

  /** With what a write left of one record; of copies, the last one that was kept. */
  with(key: CacheableKey, cached: CachedRecord | undefined, encodedBytes: number): CachedBlock {
    const bytes =
      cached === undefined
        ? 0
        : ENTRY_OVERHEAD_BYTES + HEAP_BYTES_PER_ENCODED_BYTE * (key.encoded.length + encodedBytes);
    if (key.kind === 'pend') return this.#withPending(key.trxId, cached, bytes);
    const { copyTrxId, copy, pendings } = this;
    if (key.kind === 'meta') {
      return new CachedBlock(cached, bytes, copyTrxId, copy, this.#copyBytes, pendings, this.#pendingBytes);
    }
    if (cached === undefined && key.trxId !== copyTrxId) return this;
    return new CachedBlock(this.head, this.#headBytes, key.trxId, cached, bytes, pendings, this.#pendingBytes);
  }

  #withPending(trxId: TrxId, cached: CachedRecord | undefined, bytes: number): CachedBlock {
    let pendings = this.pendings;
    const known = pendings?.get(trxId);
    if (cached !== undefined) (pendings ??= new Map() as Pendings).set(trxId, { cached, bytes });
    // The last one leaves with its map: V8 makes a new table for a map that becomes empty.
    else if (known !== undefined && pendings?.size === 1) pendings = undefined;
    else pendings?.delete(trxId);
    const pendingBytes = this.#pendingBytes - (known?.bytes ?? 0) + bytes;
    const { head, copyTrxId, copy } = this;
    return new CachedBlock(head, this.#headBytes, copyTrxId, copy, this.#copyBytes, pendings, pendingBytes);
  }
}

const NOTHING = new CachedBlock(undefined, 0, undefined, undefined, 0, undefined, 0);
