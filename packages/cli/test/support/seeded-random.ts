import { createHash } from 'node:crypto';

/** Numbers and bytes that are the same for the same seed. */
export class SeededRandom {
  readonly #seed: number;
  #drawn = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A whole number from 0, below `bound`. */
  below(bound: number): number {
    return this.#digest().readUInt32LE(0) % bound;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(length: number): Buffer {
    const chunks: Buffer[] = [];
    for (let filled = 0; filled < length; filled += 64) chunks.push(this.#digest());
    return Buffer.concat(chunks).subarray(0, length);
  }

  #digest(): Buffer {
    return createHash('sha512').update(`${this.#seed}:${this.#drawn++}`).digest();
  }
}
