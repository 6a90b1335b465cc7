import type { DriverWrite } from '../driver/store-driver.js';

/** A read that is under way; `overtaken` once a write of one of its keys began or became visible meanwhile. */
export type ActiveRead = { readonly keys: readonly string[]; overtaken: boolean };

/**
 * Knows which reads and which write are under way, so that nothing read beside a write is taken for a consistent cut
 * or put into the cache.
 */
export class InFlight {
  readonly #reads = new Set<ActiveRead>();
  #writing: ReadonlySet<string> | undefined;
  #settled: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** Whether the driver is writing any of these keys. */
  isWriting(keys: readonly string[]): boolean {
    const writing = this.#writing;
    return writing !== undefined && keys.some(key => writing.has(key));
  }

  /** Resolves when the write under way, if there is one, has become visible or failed. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  /** Runs a write of the driver; `makeVisible` runs before anyone who waits for the write goes on. */
  async write(writes: readonly DriverWrite[], run: () => Promise<void>, makeVisible: () => void): Promise<void> {
    const keys = new Set<string>();
    for (const { key } of writes) keys.add(key.encoded);
    this.#writing = keys;
    const { promise, resolve } = withResolvers();
    this.#settled = promise;
    try {
      this.#overtake(keys);
      await run();
      makeVisible();
    } finally {
      this.#overtake(keys);
      this.#writing = undefined;
      this.#settled = undefined;
      resolve();
    }
  }

  /** Runs an asynchronous read; the read says whether it was overtaken. */
  async read<T>(keys: readonly string[], run: (read: ActiveRead) => Promise<T>): Promise<T> {
    const read: ActiveRead = { keys, overtaken: false };
    this.#reads.add(read);
    try {
      return await run(read);
    } finally {
      this.#reads.delete(read);
      if (this.#reads.size === 0) this.#idle?.();
    }
  }

  /** Resolves when no read is under way. */
  async readsDone(): Promise<void> {
    if (this.#reads.size === 0) return;
    const { promise, resolve } = withResolvers();
    this.#idle = resolve;
    await promise;
    this.#idle = undefined;
  }

  #overtake(keys: ReadonlySet<string>): void {
    for (const read of this.#reads) if (!read.overtaken) read.overtaken = read.keys.some(key => keys.has(key));
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>(fulfil => (resolve = fulfil));
  return { promise, resolve };
}
