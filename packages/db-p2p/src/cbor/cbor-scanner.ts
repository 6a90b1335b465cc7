import { FALSE, FLOAT64, MAJOR, NULL, TRUE } from './cbor-head.js';

/** Whether bytes are well-formed UTF-8. */
export type IsUtf8 = (bytes: Uint8Array) => boolean;

/** Why bytes are no value. */
export class CborProblem extends Error {}

/** More values than were allowed, or nested more deeply. */
export class CborExcess extends Error {
  readonly what: 'depth' | 'elements';

  constructor(what: 'depth' | 'elements') {
    super(what === 'depth' ? 'is nested too deeply' : 'has too many elements');
    this.what = what;
  }
}

// Longer texts are checked by a decoder, which is faster by then.
const SHORT_TEXT_BYTES = 16;
// Fewer keys than that are compared one by one.
const FEW_KEYS = 16;
const FEW_BYTES = 48;

/**
 * Walks over encoded values without building anything (INV-12). What it passes over is CBOR of definite, shortest lengths,
 * without tags, without keys that are no text or repeat, and holds nothing but what a block may hold; keys may come in any
 * order. Where it finds what is legal, but is not how a store writes it, it takes note in {@link CborScanner.isPlain}.
 */
export class CborScanner {
  /** Where the next value starts. */
  at = 0;
  /** The number in the head that was read last: a length, or an integer's. */
  argument = 0;
  /** Nothing was passed over yet that a store would write in another way. */
  isPlain = true;
  /** Byte strings were among what was passed over. */
  holdsBytes = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isUtf8: IsUtf8;
  #elementsLeft: number;
  /** Starts and ends of the keys of the maps that are open. */
  readonly #keys: number[] = [];

  /** @param elementsMax values that may be passed over, keys included. */
  constructor(bytes: Uint8Array, elementsMax: number, isUtf8: IsUtf8) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#elementsLeft = elementsMax;
    this.#isUtf8 = isUtf8;
  }

  /**
   * Passes over a value in which at most `depthMax` arrays and maps are nested.
   *
   * @throws CborProblem · CborExcess
   */
  value(depthMax: number): void {
    const major = this.head();
    switch (major) {
      case MAJOR.unsigned:
      case MAJOR.negative:
        return;
      case MAJOR.bytes:
        this.holdsBytes = true;
        return this.#skip(this.argument);
      case MAJOR.text:
        return this.#text(this.argument);
      case MAJOR.array:
        return this.#array(this.argument, depthMax);
      case MAJOR.map:
        return this.#map(this.argument, depthMax);
      default:
    }
  }

  /** Reads the head of a value, and all of one that is no more than a head; tells its major type. */
  head(): number {
    if (--this.#elementsLeft < 0) throw new CborExcess('elements');
    const first = this.#next();
    const major = first >> 5;
    if (major === MAJOR.simple) this.#simple(first);
    else if (major === MAJOR.tag) throw new CborProblem('holds a tag');
    else this.#readArgument(first & 31);
    if (major === MAJOR.negative && this.argument === Number.MAX_SAFE_INTEGER) {
      throw new CborProblem('holds an integer below -(2^53 - 1)');
    }
    return major;
  }

  /** Reads the head of an array or a map, and tells how many elements or entries follow. */
  length(major: number): number {
    if (this.head() !== major) throw new CborProblem('holds something else than an array or a map');
    return this.argument;
  }

  /** Reads an integer. @throws CborProblem where there is something else. */
  integer(): number {
    const major = this.head();
    if (major === MAJOR.unsigned) return this.argument;
    if (major === MAJOR.negative) return -1 - this.argument;
    throw new CborProblem('holds something else than an integer');
  }

  /** Reads a text. @throws CborProblem where there is something else. */
  text(): string {
    if (this.head() !== MAJOR.text) throw new CborProblem('holds something else than a text');
    const start = this.at;
    this.#text(this.argument);
    return this.#string(start, this.at);
  }

  /** Passes over the text `known`, if that is what follows; only short ones of ASCII are recognised. */
  skipText(known: string): boolean {
    const start = this.at;
    const length = known.length;
    if (length >= 24 || this.#bytes[start] !== ((MAJOR.text << 5) | length)) return false;
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[start + 1 + i] as number;
      if (byte !== known.charCodeAt(i) || byte > 0x7f) return false;
    }
    if (--this.#elementsLeft < 0) throw new CborExcess('elements');
    this.at = start + 1 + length;
    return true;
  }

  /** Passes over a byte, if that is what follows. */
  skipByte(byte: number): boolean {
    if (this.#bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** The elements of the array at `start`, which was passed over; -1: there is no array. */
  lengthOfArrayAt(start: number): number {
    const first = this.#bytes[start] as number;
    if (first >> 5 !== MAJOR.array) return -1;
    const minor = first & 31;
    if (minor < 24) return minor;
    if (minor === 24) return this.#view.getUint8(start + 1);
    return minor === 25 ? this.#view.getUint16(start + 1) : this.#view.getUint32(start + 1);
  }

  /** @throws CborProblem where bytes follow. */
  requireEnd(): void {
    if (this.at !== this.#bytes.length) throw new CborProblem('holds more than one value');
  }

  #array(length: number, depthMax: number): void {
    if (depthMax === 0) throw new CborExcess('depth');
    // An element takes at least one byte, so a count that the rest cannot hold is refused before it is believed.
    if (length > this.#bytes.length - this.at) throw new CborProblem('ends in the middle of a value');
    for (let i = 0; i < length; i++) this.value(depthMax - 1);
  }

  #map(length: number, depthMax: number): void {
    if (depthMax === 0) throw new CborExcess('depth');
    if (length * 2 > this.#bytes.length - this.at) throw new CborProblem('ends in the middle of a value');
    const keys = this.#keys;
    const from = keys.length;
    let isAscending = true;
    let known: Set<string> | undefined;
    for (let i = 0; i < length; i++) {
      const start = this.at;
      if (this.head() !== MAJOR.text) throw new CborProblem('holds a map key that is no text');
      this.#text(this.argument);
      if (i > 0)
        isAscending &&= this.#order(keys[keys.length - 2] as number, keys[keys.length - 1] as number, start) < 0;
      if (!isAscending) known = this.#requireNew(start, from, known);
      keys.push(start, this.at);
      if (this.#isReserved(start)) throw new CborProblem('holds a key that is reserved');
      this.value(depthMax - 1);
    }
    keys.length = from;
  }

  /** @param from where the keys of this map start; `known`: those of a large one. */
  #requireNew(start: number, from: number, known: Set<string> | undefined): Set<string> | undefined {
    const keys = this.#keys;
    let set = known;
    if (set === undefined && keys.length - from < 2 * FEW_KEYS) {
      for (let i = from; i < keys.length; i += 2) {
        if (this.#order(keys[i] as number, keys[i + 1] as number, start) === 0) throw repeats();
      }
      return undefined;
    }
    if (set === undefined) {
      set = new Set();
      for (let i = from; i < keys.length; i += 2) set.add(this.#encoded(keys[i] as number, keys[i + 1] as number));
    }
    const key = this.#encoded(start, this.at);
    if (set.has(key)) throw repeats();
    return set.add(key);
  }

  /** Compares a key with the one from `start` to here: shorter first, then by bytes. */
  #order(aStart: number, aEnd: number, start: number): number {
    const difference = aEnd - aStart - (this.at - start);
    if (difference !== 0) return difference;
    for (let i = 0; i < aEnd - aStart; i++) {
      const byte = (this.#bytes[aStart + i] as number) - (this.#bytes[start + i] as number);
      if (byte !== 0) return byte;
    }
    return 0;
  }

  #isReserved(start: number): boolean {
    const length = this.at - start;
    if (length === 2) return this.#bytes[start + 1] === 0x2f;
    return length === 10 && this.#encoded(start + 1, this.at) === '__proto__';
  }

  #text(length: number): void {
    const start = this.at;
    this.#skip(length);
    if (length <= SHORT_TEXT_BYTES) {
      let i = start;
      while (i < this.at && (this.#bytes[i] as number) < 0x80) i++;
      if (i === this.at) return;
    }
    if (!this.#isUtf8(this.#bytes.subarray(start, this.at))) {
      throw new CborProblem('holds text that is not well-formed UTF-8');
    }
  }

  #string(start: number, end: number): string {
    let text = '';
    if (end - start > FEW_BYTES) return utf8.decode(this.#bytes.subarray(start, end));
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i] as number;
      if (byte > 0x7f) return utf8.decode(this.#bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The bytes as the units of a text. */
  #encoded(start: number, end: number): string {
    let text = '';
    for (let i = start; i < end; i++) text += String.fromCharCode(this.#bytes[i] as number);
    return text;
  }

  #simple(first: number): void {
    if (first === FALSE || first === TRUE || first === NULL) return;
    if (first !== FLOAT64) throw new CborProblem('holds a simple value or a float that is not used');
    const start = this.at;
    this.#skip(8);
    const value = this.#view.getFloat64(start);
    if (!Number.isFinite(value)) throw new CborProblem('holds a number that is not finite');
    // Stores write small integers as such, and no -0.
    if (Number.isInteger(value) && Math.abs(value) <= INTEGER_MAX) this.isPlain = false;
  }

  #readArgument(minor: number): void {
    if (minor < 24) {
      this.argument = minor;
      return;
    }
    if (minor > 27) throw new CborProblem('holds a value of indefinite length');
    const start = this.at;
    this.#skip(1 << (minor - 24));
    let least = 24;
    if (minor === 24) this.argument = this.#bytes[start] as number;
    else if (minor === 25) {
      this.argument = this.#view.getUint16(start);
      least = 2 ** 8;
    } else if (minor === 26) {
      this.argument = this.#view.getUint32(start);
      least = 2 ** 16;
    } else {
      this.argument = this.#view.getUint32(start) * 2 ** 32 + this.#view.getUint32(start + 4);
      least = 2 ** 32;
      // Stores write such integers as floats.
      this.isPlain = false;
    }
    if (this.argument < least)
      throw new CborProblem('holds a length or an integer that is not written in its shortest form');
    if (this.argument >= Number.MAX_SAFE_INTEGER && this.argument !== Number.MAX_SAFE_INTEGER)
      throw new CborProblem('holds an integer above 2^53 - 1');
  }

  #next(): number {
    if (this.at >= this.#bytes.length) throw new CborProblem('ends in the middle of a value');
    return this.#bytes[this.at++] as number;
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.at) throw new CborProblem('ends in the middle of a value');
    this.at += length;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const INTEGER_MAX = 2 ** 32 - 1;

function repeats(): CborProblem {
  return new CborProblem('holds map keys that repeat');
}
