import { createHash } from 'node:crypto';
import { Random } from '../harness/random.js';

/** Fields of a block. */
export const FIELDS = 10;

// Ten of them, their names and the header come to about 1 KiB.
const FIELD_CHARACTERS = 90;
const POOL_BYTES = 1 << 20;

/** Makes the content of blocks from a seed: text that compresses no better than base64 does. */
export class ContentSource {
  readonly #random: Random;
  readonly #pool: Buffer;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const bytes = Buffer.alloc(POOL_BYTES);
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(this.#random.below(2 ** 32), i);
    this.#pool = Buffer.from(bytes.toString('base64url'), 'latin1');
  }

  /** The text of one field. */
  field(): string {
    const start = this.#random.below(this.#pool.length - FIELD_CHARACTERS);
    return this.#pool.toString('latin1', start, start + FIELD_CHARACTERS);
  }

  /** The fields of a new block. */
  fields(): Record<string, string> {
    const fields: Record<string, string> = {};
    for (let i = 0; i < FIELDS; i++) fields[fieldName(i)] = this.field();
    return fields;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return this.#random.below(end);
  }
}

/** The name of a field. */
export function fieldName(index: number): string {
  return `field${index}`;
}

/** An id of 43 characters, as one derived from a hash is. */
export function idOf(kind: string, index: number): string {
  return createHash('sha256').update(`${kind}:${index}`).digest('base64url');
}
