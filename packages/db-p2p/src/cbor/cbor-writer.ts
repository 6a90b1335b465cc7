import { FALSE, FLOAT64, MAJOR, NULL, TRUE } from './cbor-head.js';

const CHUNK_BYTES = 16 * 1024;
const SHORT_TEXT_UNITS = 48;
const HEAD_BYTES_MAX = 9;
const UTF8_BYTES_PER_UNIT = 3;
const utf8 = new TextEncoder();

// Encoding is synchronous and never nested, so all of it can share one buffer; a large one is not kept.
let shared = new Uint8Array(CHUNK_BYTES);
const SHARED_BYTES_MAX = 1024 * 1024;

/** What several encodings of the same value differ in. */
export type CborStyle = {
  /** The largest integer, sign apart, that is written as one; larger ones are written as floats. */
  readonly integerMax: number;
  /** Puts the keys of a map in order; without it they stay in theirs. */
  readonly sortKeys?: (keys: string[]) => void;
};

/** Writes values as CBOR (RFC 8949): what a block may hold, and maps of it. Members that are `undefined` are left out. */
export class CborWriter {
  readonly #style: CborStyle;
  #bytes = shared;
  #view = new DataView(shared.buffer);
  #at = 0;

  constructor(style: CborStyle) {
    this.#style = style;
  }

  /** The bytes of what was written. */
  take(): Uint8Array {
    if (this.#bytes.length <= SHARED_BYTES_MAX) shared = this.#bytes;
    return this.#bytes.slice(0, this.#at);
  }

  /** @throws TypeError for a value that has no encoding, which is a mistake in this library: what callers pass is checked. */
  value(value: unknown): void {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number') return this.#number(value);
    if (typeof value === 'boolean') return this.#byte(value ? TRUE : FALSE);
    if (value === null) return this.#byte(NULL);
    if (typeof value !== 'object') throw new TypeError(`a value of type ${typeof value} cannot be encoded`);
    if (Array.isArray(value)) return this.#array(value);
    if (value instanceof Uint8Array) return this.#binary(value);
    this.#map(value as Record<string, unknown>);
  }

  /** Begins an array of so many values, which are written next. */
  arrayOf(length: number): void {
    this.#head(MAJOR.array, length);
  }

  /** Begins a map of so many entries, whose keys and values are written next, in turn. */
  mapOf(entries: number): void {
    this.#head(MAJOR.map, entries);
  }

  /** Writes a value that is encoded already. */
  encoded(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) <= this.#style.integerMax) {
      if (value >= 0) this.#head(MAJOR.unsigned, value);
      else this.#head(MAJOR.negative, -1 - value);
      return;
    }
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be encoded`);
    this.#reserve(9);
    this.#bytes[this.#at] = FLOAT64;
    this.#view.setFloat64(this.#at + 1, value);
    this.#at += 9;
  }

  #array(array: readonly unknown[]): void {
    this.#head(MAJOR.array, array.length);
    for (const element of array) this.value(element);
  }

  #map(map: Record<string, unknown>): void {
    const keys = Object.keys(map).filter(key => map[key] !== undefined);
    if (keys.length > 1) this.#style.sortKeys?.(keys);
    this.#head(MAJOR.map, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.value(map[key]);
    }
  }

  #binary(bytes: Uint8Array): void {
    this.#head(MAJOR.bytes, bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #text(text: string): void {
    if (text.length < SHORT_TEXT_UNITS && this.#shortAscii(text)) return;
    // The length is known only afterwards, so the bytes are written behind the longest head, and moved if it is shorter.
    this.#reserve(HEAD_BYTES_MAX + UTF8_BYTES_PER_UNIT * text.length);
    const start = this.#at;
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(start + HEAD_BYTES_MAX));
    this.#head(MAJOR.text, written);
    this.#bytes.copyWithin(this.#at, start + HEAD_BYTES_MAX, start + HEAD_BYTES_MAX + written);
    this.#at += written;
  }

  #shortAscii(text: string): boolean {
    this.#reserve(text.length + 2);
    const start = this.#at;
    this.#head(MAJOR.text, text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#at = start;
        return false;
      }
      this.#bytes[this.#at++] = unit;
    }
    return true;
  }

  #head(major: number, argument: number): void {
    this.#reserve(9);
    const top = major << 5;
    if (argument < 24) {
      this.#bytes[this.#at++] = top | argument;
    } else if (argument < 2 ** 8) {
      this.#bytes[this.#at++] = top | 24;
      this.#bytes[this.#at++] = argument;
    } else if (argument < 2 ** 16) {
      this.#bytes[this.#at] = top | 25;
      this.#view.setUint16(this.#at + 1, argument);
      this.#at += 3;
    } else if (argument < 2 ** 32) {
      this.#bytes[this.#at] = top | 26;
      this.#view.setUint32(this.#at + 1, argument);
      this.#at += 5;
    } else {
      this.#bytes[this.#at] = top | 27;
      this.#view.setUint32(this.#at + 1, Math.floor(argument / 2 ** 32));
      this.#view.setUint32(this.#at + 5, argument % 2 ** 32);
      this.#at += 9;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + length));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
