/** The bytes end before, or in the middle of, what is read. */
export class Truncated extends RangeError {}

/** Reads LevelDB's variable-length numbers and length-prefixed bytes, one after the other. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** @throws Truncated if the number does not end, or is above 2^53 - 1. */
  number(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.#offset++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Truncated('a number does not end');
  }

  /** @throws Truncated if there is none. */
  byte(): number {
    const byte = this.#bytes[this.#offset++];
    if (byte === undefined) throw new Truncated('a byte is missing');
    return byte;
  }

  /** @throws Truncated if there are fewer bytes. */
  littleEndian(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.byte() * 2 ** (8 * i);
    return value;
  }

  /** @throws Truncated if there are fewer bytes. */
  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new Truncated('fewer bytes than were announced');
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  /** @throws Truncated if there are fewer bytes than announced. */
  prefixed(): Uint8Array {
    return this.take(this.number());
  }
}
