import { Mutex } from 'async-mutex';

// V8 makes a new table for a map whenever that becomes empty, so this one never does.
const NOBODY = Symbol('nobody');

/** Gives back what {@link Latches.acquire} took. */
export type ReleaseLatches = () => void;

/**
 * Exclusive short-term locks by key, first come first served. Keys are taken in sorted order, so that callers that
 * share some cannot deadlock. An idle key costs no memory, and one that nobody else wants no promise.
 */
export class Latches {
  /** The keys that are held; with a mutex where others wait, or have waited. And one that nobody asks for. */
  readonly #held = new Map<string | symbol, Mutex | undefined>([[NOBODY, undefined]]);

  /** How many keys are held or waited for. */
  get size(): number {
    return this.#held.size - 1;
  }

  /** Takes all of `keys`, which must be sorted and unique; gives what gives them back, once: at once if all are free. */
  acquire(keys: readonly string[]): ReleaseLatches | Promise<ReleaseLatches> {
    for (const key of keys) if (this.#held.has(key)) return this.#acquireInTurn(keys);
    for (const key of keys) this.#held.set(key, undefined);
    return this.#releaser(keys);
  }

  async #acquireInTurn(keys: readonly string[]): Promise<ReleaseLatches> {
    for (const key of keys) {
      if (this.#held.has(key)) await this.#mutexOf(key).acquire();
      else this.#held.set(key, undefined);
    }
    return this.#releaser(keys);
  }

  // Whoever holds the key has locked the mutex, too.
  #mutexOf(key: string): Mutex {
    let mutex = this.#held.get(key);
    if (mutex === undefined) {
      mutex = new Mutex();
      void mutex.acquire();
      this.#held.set(key, mutex);
    }
    return mutex;
  }

  #releaser(keys: readonly string[]): ReleaseLatches {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      for (const key of keys) this.#release(key);
    };
  }

  #release(key: string): void {
    const mutex = this.#held.get(key);
    mutex?.release();
    // Where somebody waited, the mutex is theirs now.
    if (mutex?.isLocked() !== true) this.#held.delete(key);
  }
}
