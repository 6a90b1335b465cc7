import { Mutex } from 'async-mutex';

/** Gives back what {@link Latches.acquire} took. */
export type ReleaseLatches = () => void;

type Latch = { readonly mutex: Mutex; users: number };

/**
 * Exclusive short-term locks by key, first come first served. Keys are taken in sorted order, so that callers that
 * share some cannot deadlock. An idle key costs no memory.
 */
export class Latches {
  readonly #latches = new Map<string, Latch>();

  /** How many keys are held or waited for. */
  get size(): number {
    return this.#latches.size;
  }

  /** Takes all of `keys`, which must be sorted and unique; resolves with what gives them back, once. */
  async acquire(keys: readonly string[]): Promise<ReleaseLatches> {
    const held: [string, Latch][] = [];
    for (const key of keys) {
      let latch = this.#latches.get(key);
      if (latch === undefined) this.#latches.set(key, (latch = { mutex: new Mutex(), users: 0 }));
      latch.users++;
      await latch.mutex.acquire();
      held.push([key, latch]);
    }
    return () => this.#release(held);
  }

  #release(held: [string, Latch][]): void {
    for (const [key, latch] of held.splice(0)) {
      latch.users--;
      if (latch.users === 0) this.#latches.delete(key);
      latch.mutex.release();
    }
  }
}
