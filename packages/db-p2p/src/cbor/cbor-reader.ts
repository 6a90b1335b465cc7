import { FALSE, FLOAT64, MAJOR, NULL, TRUE, UNDEFINED } from './cbor-head.js';

// A TextDecoder costs more than a short text does.
const SHORT_TEXT_BYTES = 24;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Makes the object that a map becomes. */
export type NewMap = () => Record<string, unknown>;

/**
 * The one value that `bytes` hold, which a CborWriter wrote, or another encoder of the same kinds of CBOR: lengths in front,
 * no tags. Byte strings are copies. A text keeps its byte order mark, which the usual decoders drop.
 *
 * @throws TypeError for text that is not well-formed UTF-8; RangeError for whatever else is no such value.
 */
export function readCbor(bytes: Uint8Array, newMap: NewMap): unknown {
  const reader = new Reader(bytes, newMap);
  const value = reader.value();
  reader.requireEnd();
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #newMap: NewMap;
  #at = 0;

  constructor(bytes: Uint8Array, newMap: NewMap) {
    // A Buffer's `slice` shares its memory, that of a plain array copies it.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#newMap = newMap;
  }

  value(): unknown {
    const first = this.#view.getUint8(this.#at++);
    const minor = first & 31;
    switch (first >> 5) {
      case MAJOR.unsigned:
        return this.#argument(minor);
      case MAJOR.negative:
        return -1 - this.#argument(minor);
      case MAJOR.bytes: {
        const length = this.#length(minor);
        return this.#bytes.slice(this.#at, (this.#at += length));
      }
      case MAJOR.text:
        return this.#text(this.#length(minor));
      case MAJOR.array:
        return this.#array(this.#length(minor));
      case MAJOR.map:
        return this.#map(this.#length(minor));
      default:
        return this.#simple(first);
    }
  }

  requireEnd(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('something follows the value');
  }

  #array(length: number): unknown[] {
    const array: unknown[] = [];
    for (let i = 0; i < length; i++) array.push(this.value());
    return array;
  }

  #map(length: number): Record<string, unknown> {
    const map = this.#newMap();
    for (let i = 0; i < length; i++) {
      const key = this.value();
      if (typeof key !== 'string') throw new RangeError('a key is no text');
      map[key] = this.value();
    }
    return map;
  }

  #text(length: number): string {
    const start = this.#at;
    this.#at += length;
    if (length > SHORT_TEXT_BYTES) return utf8.decode(this.#bytes.subarray(start, this.#at));
    let text = '';
    for (let i = start; i < this.#at; i++) {
      const byte = this.#bytes[i] as number;
      if (byte > 0x7f) return utf8.decode(this.#bytes.subarray(start, this.#at));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #simple(first: number): unknown {
    switch (first) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NULL:
        return null;
      case UNDEFINED:
        return undefined;
      case FLOAT64:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8);
      default:
        throw new RangeError(`a value starts with ${first}, which is not used`);
    }
  }

  /** How many bytes or values follow: never more than there are bytes left. */
  #length(minor: number): number {
    const length = this.#argument(minor);
    if (length > this.#bytes.length - this.#at) throw new RangeError('it is cut off');
    return length;
  }

  #argument(minor: number): number {
    if (minor < 24) return minor;
    const start = this.#at;
    this.#at += 1 << (minor - 24);
    switch (minor) {
      case 24:
        return this.#view.getUint8(start);
      case 25:
        return this.#view.getUint16(start);
      case 26:
        return this.#view.getUint32(start);
      case 27:
        return this.#view.getUint32(start) * 2 ** 32 + this.#view.getUint32(start + 4);
      default:
        throw new RangeError('a length is not in front');
    }
  }
}
