import { CommandError } from '../errors.js';

/** What `git cat-file --batch` answered to one request. */
export type BatchAnswer =
  | { readonly kind: 'object'; readonly id: string; readonly type: string; readonly content: Buffer }
  | { readonly kind: 'missing'; readonly id: string }
  | { readonly kind: 'too-large'; readonly id: string; readonly size: number };

const NEWLINE = 0x0a;
const HEADER_BYTES_MAX = 4096;

/**
 * Cuts the output of `git cat-file --batch` into answers. An object's content is gathered in one buffer of its size; of
 * one that is too large nothing is kept.
 */
export class BatchParser {
  readonly #objectBytesMax: number;
  #header: Buffer[] = [];
  #headerBytes = 0;
  #body: { id: string; type: string; size: number; content: Buffer | undefined; filled: number } | undefined;

  constructor(objectBytesMax: number) {
    this.#objectBytesMax = objectBytesMax;
  }

  /** The answers that end in `chunk`. @throws CommandError where it is no output of cat-file. */
  *push(chunk: Buffer): Generator<BatchAnswer> {
    let rest = chunk;
    while (rest.length > 0) {
      const taken = this.#body === undefined ? this.#takeHeader(rest) : this.#takeBody(rest);
      rest = rest.subarray(taken.bytes);
      if (taken.answer !== undefined) yield taken.answer;
    }
  }

  #takeHeader(chunk: Buffer): { bytes: number; answer?: BatchAnswer } {
    const end = chunk.indexOf(NEWLINE);
    const part = chunk.subarray(0, end < 0 ? chunk.length : end);
    this.#header.push(part);
    this.#headerBytes += part.length;
    if (this.#headerBytes > HEADER_BYTES_MAX)
      throw new CommandError('git cat-file printed something else than objects');
    if (end < 0) return { bytes: chunk.length };
    const line = Buffer.concat(this.#header).toString('latin1');
    this.#header = [];
    this.#headerBytes = 0;
    const [id = '', type = '', digits = ''] = line.split(' ');
    if (type === 'missing') return { bytes: end + 1, answer: { kind: 'missing', id } };
    if (!/^\d+$/.test(digits)) throw new CommandError(`git cat-file printed ${JSON.stringify(line)}`);
    const size = Number(digits);
    const content = size > this.#objectBytesMax ? undefined : Buffer.allocUnsafe(size);
    this.#body = { id, type, size, content, filled: 0 };
    return { bytes: end + 1 };
  }

  /** The content, and the newline that ends it. */
  #takeBody(chunk: Buffer): { bytes: number; answer?: BatchAnswer } {
    const body = this.#body;
    if (body === undefined) return { bytes: 0 };
    const part = chunk.subarray(0, body.size - body.filled);
    body.content?.set(part, body.filled);
    body.filled += part.length;
    if (part.length === chunk.length) return { bytes: part.length };
    this.#body = undefined;
    if (chunk[part.length] !== NEWLINE) throw new CommandError('git cat-file printed an object of the wrong size');
    const { id, type, size, content } = body;
    const answer: BatchAnswer =
      content === undefined ? { kind: 'too-large', id, size } : { kind: 'object', id, type, content };
    return { bytes: part.length + 1, answer };
  }
}
