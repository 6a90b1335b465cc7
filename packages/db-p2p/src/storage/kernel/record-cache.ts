import { LRUCache } from '#platform';
import type { RecordKind } from '../driver/record-key.js';

/** A decoded record; `bytes` says that it holds byte arrays, which must not be shared with callers. */
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
 * Decoded records by encoded key, bounded by an estimate of the heap that they take (INV-12). The kernel keeps it
 * coherent: every write goes through it when it becomes visible.
 */
export class RecordCache {
  readonly #records: LRUCache<string, CachedRecord> | undefined;

  /** A cache of at most `bytesMax` bytes; 0 keeps nothing. */
  constructor(bytesMax: number = DEFAULT_CACHE_BYTES_MAX) {
    this.#records = bytesMax === 0 ? undefined : new LRUCache({ maxSize: bytesMax });
  }

  get(encodedKey: string): CachedRecord | undefined {
    return this.#records?.get(encodedKey, GET_OPTIONS);
  }

  set(encodedKey: string, cached: CachedRecord, encodedBytes: number): void {
    const size = ENTRY_OVERHEAD_BYTES + HEAP_BYTES_PER_ENCODED_BYTE * (encodedKey.length + encodedBytes);
    this.#records?.set(encodedKey, cached, { size });
  }

  delete(encodedKey: string): void {
    this.#records?.delete(encodedKey);
  }

  clear(): void {
    this.#records?.clear();
  }
}
