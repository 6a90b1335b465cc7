import { InvalidRequestError, LimitExceededError } from '@blockstrata/db-core';
import { FALSE, FLOAT64, MAJOR, NULL, TRUE } from '../../cbor/cbor-head.js';

/** What one message may cost its reader once it is decoded. */
export type ScanLimits = {
  /** How many arrays and maps may be nested. */
  readonly messageDepthMax: number;
  /** How many values a message may consist of, keys included. */
  readonly messageElementsMax: number;
};

type Container = { left: number; isMap: boolean; keyStart: number; keyEnd: number };

/**
 * Walks over encoded bytes without building anything, and refuses what no honest writer sends: more nesting or elements
 * than the caps (INV-12), a length that the bytes cannot hold, and every encoding but the one that DAG-CBOR allows for a
 * value. So equal values have equal bytes, and what passes can be decoded without another check, but for the UTF-8 of texts
 * longer than {@link SHORT_TEXT_BYTES}.
 *
 * @throws LimitExceededError for a cap; InvalidRequestError for anything else.
 */
export function scanCbor(bytes: Uint8Array, limits: ScanLimits): void {
  new Scan(bytes, limits).run();
}

/** The longest text that is scanned for well-formed UTF-8; longer ones are left to a decoder that refuses what is not. */
export const SHORT_TEXT_BYTES = 24;

class Scan {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limits: ScanLimits;
  /** The open containers; those beyond `#depth` are kept to be used again. */
  readonly #open: Container[] = [];
  #depth = 0;
  #at = 0;
  #elements = 0;

  constructor(bytes: Uint8Array, limits: ScanLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  run(): void {
    this.#item();
    while (this.#depth > 0) {
      const container = this.#open[this.#depth - 1] as Container;
      if (container.left === 0) {
        this.#depth--;
        continue;
      }
      container.left--;
      if (container.isMap) this.#key(container);
      this.#item();
    }
    if (this.#at !== this.#bytes.length) throw malformed('holds more than one value');
  }

  #item(): void {
    this.#count();
    const first = this.#next();
    const major = first >> 5;
    if (major === MAJOR.simple) return this.#simple(first);
    const argument = this.#argument(first & 31);
    switch (major) {
      case MAJOR.unsigned:
        return;
      case MAJOR.negative:
        if (argument === Number.MAX_SAFE_INTEGER) throw malformed('holds an integer below -(2^53 - 1)');
        return;
      case MAJOR.bytes:
        return this.#skip(argument);
      case MAJOR.text:
        return this.#text(argument);
      case MAJOR.array:
        return this.#openContainer(argument, false);
      case MAJOR.map:
        return this.#openContainer(argument, true);
      default:
        throw malformed('holds a tag');
    }
  }

  #key(map: Container): void {
    this.#count();
    const first = this.#next();
    if (first >> 5 !== MAJOR.text) throw malformed('holds a map key that is no text');
    const length = this.#argument(first & 31);
    const start = this.#at;
    this.#text(length);
    if (map.keyStart >= 0 && !this.#ascends(map.keyStart, map.keyEnd, start, this.#at)) {
      throw malformed('holds map keys that repeat or are out of order');
    }
    map.keyStart = start;
    map.keyEnd = this.#at;
  }

  /** Shorter keys come first, equally long ones in the order of their bytes. */
  #ascends(aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
    const length = aEnd - aStart;
    if (length !== bEnd - bStart) return length < bEnd - bStart;
    for (let i = 0; i < length; i++) {
      const a = this.#bytes[aStart + i] as number;
      const b = this.#bytes[bStart + i] as number;
      if (a !== b) return a < b;
    }
    return false;
  }

  #openContainer(length: number, isMap: boolean): void {
    // An element takes at least one byte, so a count that the rest cannot hold is refused before it is believed.
    if (length * (isMap ? 2 : 1) > this.#bytes.length - this.#at) throw malformed('ends in the middle of a value');
    if (this.#depth === this.#limits.messageDepthMax) {
      throw new LimitExceededError('messageDepthMax', this.#limits.messageDepthMax, 'a message is nested too deeply');
    }
    const reused = this.#open[this.#depth];
    if (reused === undefined) this.#open.push({ left: length, isMap, keyStart: -1, keyEnd: -1 });
    else Object.assign(reused, { left: length, isMap, keyStart: -1, keyEnd: -1 });
    this.#depth++;
  }

  #text(length: number): void {
    const start = this.#at;
    this.#skip(length);
    // The decoder of a long text checks it anyway, and much faster.
    if (length > SHORT_TEXT_BYTES) return;
    for (let i = start; i < this.#at; i++) {
      if ((this.#bytes[i] as number) < 0x80) continue;
      requireUtf8(this.#bytes.subarray(i, this.#at));
      return;
    }
  }

  #simple(first: number): void {
    if (first === FALSE || first === TRUE || first === NULL) return;
    if (first !== FLOAT64) throw malformed('holds a simple value or a float that DAG-CBOR does not know');
    const start = this.#at;
    this.#skip(8);
    const value = this.#view.getFloat64(start);
    if (!Number.isFinite(value)) throw malformed('holds a number that is not finite');
    if (Number.isSafeInteger(value)) throw malformed('holds an integer that is written as a float');
  }

  #argument(minor: number): number {
    if (minor < 24) return minor;
    const start = this.#at;
    if (minor > 27) throw malformed('holds a value of indefinite length');
    this.#skip(1 << (minor - 24));
    const [value, least] = this.#wideArgument(minor, start);
    if (value < least) throw malformed('holds a length or an integer that is not written in its shortest form');
    if (value > Number.MAX_SAFE_INTEGER) throw malformed('holds an integer above 2^53 - 1');
    return value;
  }

  #wideArgument(minor: number, start: number): [value: number, least: number] {
    if (minor === 24) return [this.#bytes[start] as number, 24];
    if (minor === 25) return [this.#view.getUint16(start), 2 ** 8];
    if (minor === 26) return [this.#view.getUint32(start), 2 ** 16];
    return [this.#view.getUint32(start) * 2 ** 32 + this.#view.getUint32(start + 4), 2 ** 32];
  }

  #count(): void {
    if (++this.#elements > this.#limits.messageElementsMax) {
      const { messageElementsMax } = this.#limits;
      throw new LimitExceededError('messageElementsMax', messageElementsMax, 'a message has too many elements');
    }
  }

  #next(): number {
    this.#skip(1);
    return this.#bytes[this.#at - 1] as number;
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.#at) throw malformed('ends in the middle of a value');
    this.#at += length;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function requireUtf8(bytes: Uint8Array): void {
  try {
    utf8.decode(bytes);
  } catch {
    throw malformed('holds text that is not well-formed UTF-8');
  }
}

function malformed(problem: string): InvalidRequestError {
  return new InvalidRequestError('message', problem);
}
