import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import CRC32 from 'crc-32';

export { BoundedCache as LRUCache } from './bounded-cache.js';
export { CborEncoder } from './portable-cbor.js';

/** CRC-32 (ISO-HDLC, as in zlib) of bytes or of the UTF-8 of a string, going on from `seed`. */
export function crc32(data: Uint8Array | string, seed = 0): number {
  return (typeof data === 'string' ? CRC32.str(data, seed) : CRC32.buf(data, seed)) >>> 0;
}

/** Whether bytes are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Resolves when whatever else waits has had its turn. */
export function nextTurn(): Promise<void> {
  // Not by a timer, which browsers hold back for 4 ms.
  const { port1, port2 } = new MessageChannel();
  return new Promise(resolve => {
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

/** Lets any number of calls listen to a signal; elsewhere than in Node they may. */
export function admitListeners(_signal: AbortSignal): void {}

/** SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/** Fresh bytes. */
export function allocate(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** Base64 without padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/=+$/, '');
}

/** The bytes of base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}
