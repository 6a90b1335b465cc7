import { hash } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';

export { Encoder as CborEncoder } from 'cbor-x';
export { LRUCache } from 'lru-cache';

/** CRC-32 (ISO-HDLC, as in zlib) of bytes or of the UTF-8 of a string, going on from `seed`. */
export function crc32(data: Uint8Array | string, seed = 0): number {
  return zlibCrc32(data, seed);
}

/** SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

/** Fresh bytes whose content is undefined: fill them all. */
export function allocate(length: number): Uint8Array {
  return Buffer.allocUnsafe(length);
}

/** Base64 without padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64').replace(/=+$/, '');
}

/** The bytes of base64. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
