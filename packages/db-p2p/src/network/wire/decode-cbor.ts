import { InvalidRequestError } from '@blockstrata/db-core';
import { FALSE, FLOAT64, MAJOR, NULL, TRUE } from './cbor-head.js';
import { scanCbor, SHORT_TEXT_BYTES, type ScanLimits } from './scan-cbor.js';

/**
 * The value of one DAG-CBOR message. Maps become objects without a prototype, so that no key is special; byte strings
 * are copies.
 *
 * The common decoder of DAG-CBOR drops a byte order mark at the start of a text, and with it the difference between two
 * ids; this one keeps every character.
 *
 * @throws LimitExceededError · InvalidRequestError, both before anything is built (INV-12).
 */
export function decodeCbor(bytes: Uint8Array, limits: ScanLimits): unknown {
  scanCbor(bytes, limits);
  return new Reader(bytes).value();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new InvalidRequestError('message', 'holds text that is not well-formed UTF-8');
  }
}

/** Builds values from bytes that were scanned, so that only the UTF-8 of long texts is still to be checked. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer's `slice` shares its memory, that of a plain array copies it.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(): unknown {
    const first = this.#bytes[this.#at++] as number;
    switch (first >> 5) {
      case MAJOR.unsigned:
        return this.#argument(first & 31);
      case MAJOR.negative:
        return -1 - this.#argument(first & 31);
      case MAJOR.bytes: {
        const length = this.#argument(first & 31);
        return this.#bytes.slice(this.#at, (this.#at += length));
      }
      case MAJOR.text:
        return this.#text(this.#argument(first & 31));
      case MAJOR.array:
        return this.#array(this.#argument(first & 31));
      case MAJOR.map:
        return this.#map(this.#argument(first & 31));
      default:
        return this.#simple(first);
    }
  }

  #array(length: number): unknown[] {
    const array: unknown[] = [];
    for (let i = 0; i < length; i++) array.push(this.value());
    return array;
  }

  #map(length: number): Record<string, unknown> {
    const map = Object.create(null) as Record<string, unknown>;
    for (let i = 0; i < length; i++) {
      const key = this.value() as string;
      map[key] = this.value();
    }
    return map;
  }

  #text(length: number): string {
    const start = this.#at;
    this.#at += length;
    if (length > SHORT_TEXT_BYTES) return decodeUtf8(this.#bytes.subarray(start, this.#at));
    let text = '';
    for (let i = start; i < this.#at; i++) {
      const byte = this.#bytes[i] as number;
      if (byte > 0x7f) return utf8.decode(this.#bytes.subarray(start, this.#at));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #simple(first: number): unknown {
    if (first === FALSE) return false;
    if (first === TRUE) return true;
    if (first === NULL) return null;
    if (first !== FLOAT64) throw new RangeError('the bytes were not scanned');
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8);
  }

  #argument(minor: number): number {
    if (minor < 24) return minor;
    const start = this.#at;
    this.#at += 1 << (minor - 24);
    if (minor === 24) return this.#bytes[start] as number;
    if (minor === 25) return this.#view.getUint16(start);
    if (minor === 26) return this.#view.getUint32(start);
    return this.#view.getUint32(start) * 2 ** 32 + this.#view.getUint32(start + 4);
  }
}
