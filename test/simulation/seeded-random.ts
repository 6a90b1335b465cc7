import type { Randomness } from '@blockstrata/db-core';

/** Numbers from 0 to below 1 that a seed decides (xorshift32 over a hashed seed). */
export function seededRandom(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Identifiers that a seed decides. */
export function seededRandomness(seed: number): Randomness {
  const next = seededRandom(seed);
  const part = () =>
    Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return { next, uuid: () => `${part()}${part()}${part()}${part()}` };
}
