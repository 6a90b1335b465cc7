import { sharingOf } from './content-walk.js';

// Enough for a thousand transactions of a few KiB under way. An encoding is a part of a larger buffer, all of which it
// keeps: hence the number, too.
const GENERATION_BYTES_MAX = 2 * 1024 * 1024;
const GENERATION_ENCODINGS_MAX = 2048;
const ENCODING_BYTES_MAX = 64 * 1024;

/**
 * The encodings of values that were encoded a moment ago and are likely to be again: a transform is stored when it
 * becomes pending and when it is committed, and what it inserts once more as the copy of the block. Two generations,
 * the older of which is dropped as a whole, bound what is kept (INV-12).
 */
export class RecentEncodings {
  #young = new Map<unknown, Uint8Array>();
  #old = new Map<unknown, Uint8Array>();
  #youngBytes = 0;

  get(value: unknown): Uint8Array | undefined {
    return this.#young.get(value) ?? this.#old.get(value);
  }

  /** Keeps `bytes` if they are few, and nobody can change `value` (INV-13). */
  keep(value: object, bytes: Uint8Array): void {
    if (bytes.length > ENCODING_BYTES_MAX || sharingOf(value) !== 'frozen') return;
    const isFull = this.#young.size === GENERATION_ENCODINGS_MAX;
    if (isFull || this.#youngBytes + bytes.length > GENERATION_BYTES_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(value, bytes);
    this.#youngBytes += bytes.length;
  }
}
