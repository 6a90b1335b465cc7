import { InvalidRequestError, LimitExceededError } from '@blockstrata/db-core';
import { allocate } from '#platform';

/** Bytes that the length before a message may take: 4 × 7 bits. */
export const LENGTH_BYTES_MAX = 4;

/** The length that goes before a message: an unsigned LEB128 number. */
export function frameHead(messageBytes: number): Uint8Array {
  let lengthBytes = 1;
  while (messageBytes >= 2 ** (7 * lengthBytes)) lengthBytes++;
  const head = new Uint8Array(lengthBytes);
  let length = messageBytes;
  for (let i = 0; i < lengthBytes; i++) {
    head[i] = (length & 0x7f) | (i < lengthBytes - 1 ? 0x80 : 0);
    length >>>= 7;
  }
  return head;
}

/**
 * Cuts arriving bytes into messages. It holds only what has arrived: a length is believed byte by byte, and one above
 * the cap is refused when it is read (INV-12).
 */
export class FrameReader {
  readonly #messageBytesMax: number;
  readonly #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** The length of the message that is arriving, once it is known. */
  #expected: number | undefined;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  /** Bytes that have arrived and were not taken. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#buffered += bytes.length;
  }

  /**
   * The next whole message, or `undefined` until more bytes arrive. What is returned may share memory with what was
   * pushed.
   *
   * @throws LimitExceededError · InvalidRequestError
   */
  next(): Uint8Array | undefined {
    this.#expected ??= this.#readLength();
    if (this.#expected === undefined || this.#buffered < this.#expected) return undefined;
    const message = this.#take(this.#expected);
    this.#expected = undefined;
    return message;
  }

  #readLength(): number | undefined {
    let length = 0;
    for (let i = 0; i < LENGTH_BYTES_MAX; i++) {
      const byte = this.#peek(i);
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        if (byte === 0 && i > 0)
          throw new InvalidRequestError('message', 'has a length that is not in its shortest form');
        if (length > this.#messageBytesMax) throw this.#tooLong();
        this.#take(i + 1);
        return length;
      }
    }
    throw this.#tooLong();
  }

  #tooLong(): LimitExceededError {
    return new LimitExceededError('messageBytesMax', this.#messageBytesMax, 'a message is too long');
  }

  #peek(index: number): number | undefined {
    let at = index;
    for (const chunk of this.#chunks) {
      if (at < chunk.length) return chunk[at];
      at -= chunk.length;
      if (at >= LENGTH_BYTES_MAX) break;
    }
    return undefined;
  }

  #take(length: number): Uint8Array {
    this.#buffered -= length;
    const first = this.#chunks[0];
    if (first === undefined || length === 0) return new Uint8Array(0);
    if (first.length >= length) {
      if (first.length === length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    return this.#join(length);
  }

  #join(length: number): Uint8Array {
    const joined = allocate(length);
    let filled = 0;
    let used = 0;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(0, length - filled);
      joined.set(part, filled);
      filled += part.length;
      if (part.length < chunk.length) {
        this.#chunks[used] = chunk.subarray(part.length);
        break;
      }
      used++;
      if (filled === length) break;
    }
    this.#chunks.splice(0, used);
    return joined;
  }
}
