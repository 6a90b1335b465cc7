/** Time, injected so that a test can own it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `fire` once after `delayMs`; the returned function calls it off. A pending timer keeps no process alive. */
  after(delayMs: number, fire: () => void): () => void;
}

/** Randomness, injected so that a test can own it. */
export interface Randomness {
  /** A number from 0 to below 1. */
  next(): number;
  /** A fresh 128-bit identifier. */
  uuid(): string;
}

const TIMER_DELAY_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(delayMs, 0), TIMER_DELAY_MS_MAX));
    // In a browser a timer is a number, and holds nothing alive.
    (timer as { unref?(): unknown }).unref?.();
    return () => clearTimeout(timer);
  },
};

/** The machine's randomness. */
export const systemRandomness: Randomness = {
  next: () => Math.random(),
  uuid: () => globalThis.crypto.randomUUID(),
};
