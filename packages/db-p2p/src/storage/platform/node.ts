import { Encoder } from 'cbor-x';
import { isUtf8 as bufferIsUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { crc32 as zlibCrc32 } from 'node:zlib';

export { LRUCache } from 'lru-cache';

// Of cbor-x: write into the buffer of the call before, and from its beginning.
const REUSE_BUFFER = 512;
const RESET_BUFFER = 1024;

type Encode = (value: unknown, options: number) => Buffer & { readonly start?: number; readonly end?: number };

/** CBOR (RFC 8949) of records. */
export class CborEncoder {
  readonly #cbor = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, variableMapSize: true });
  readonly #encode: Encode = this.#cbor.encode.bind(this.#cbor);

  /** The bytes are good until the next call. */
  encode(value: unknown): Uint8Array {
    const buffer = this.#encode(value, REUSE_BUFFER | RESET_BUFFER);
    return buffer.subarray(buffer.start, buffer.end);
  }

  decode(bytes: Uint8Array): unknown {
    return this.#cbor.decode(bytes) as unknown;
  }
}

/** CRC-32 (ISO-HDLC, as in zlib) of bytes or of the UTF-8 of a string, going on from `seed`. */
export function crc32(data: Uint8Array | string, seed = 0): number {
  return zlibCrc32(data, seed);
}

/** Whether bytes are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  return bufferIsUtf8(bytes);
}

/** Resolves when whatever else waits has had its turn. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** Lets any number of calls listen to a signal: from the eleventh on Node would warn of a leak. */
export function admitListeners(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}

/** SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

const SLAB_BYTES = 64 * 1024;
const SLAB_PART_BYTES_MAX = SLAB_BYTES / 8;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

/** Fresh bytes whose content is undefined: fill them all. Small ones share slabs, larger than those of `Buffer`. */
export function allocate(length: number): Uint8Array {
  if (length > SLAB_PART_BYTES_MAX) return Buffer.allocUnsafeSlow(length);
  if (slabUsed + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  const bytes = slab.subarray(slabUsed, slabUsed + length);
  slabUsed += length;
  return bytes;
}

/** Base64 without padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64').replace(/=+$/, '');
}

/** The bytes of base64. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
