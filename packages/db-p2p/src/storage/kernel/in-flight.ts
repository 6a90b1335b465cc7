import type { DriverWrite } from '../driver/store-driver.js';

/** A read that is under way; `overtaken` once a write of one of its keys began or became visible meanwhile. */
export type ActiveRead = { readonly keys: readonly string[]; overtaken: boolean };

/**
 * Knows which reads and which write are under way, so that nothing read beside a write is taken for a consistent cut
 * or put into the cache.
 */
export class InFlight {
  readonly #reads = new Set<ActiveRead>();
  #writes: readonly DriverWrite[] | undefined;
  /** The keys of `#writes`, made when somebody first asks: mostly nobody does. */
  #writing: Set<string> | undefined;
  /** Who waits for the write; made when somebody first does. */
  #settled: Resolvers | undefined;
  #idle: (() => void) | undefined;
  /** Reads that no write may overtake; while there are any, the next write waits. */
  #lone = 0;
  #released: Resolvers | undefined;

  /** Whether the driver is writing any of these keys. */
  isWriting(keys: readonly string[]): boolean {
    const writing = this.#keysBeingWritten();
    return writing !== undefined && keys.some(key => writing.has(key));
  }

  /** Resolves when the write under way, if there is one, has become visible or failed. */
  async settled(): Promise<void> {
    if (this.#writes === undefined) return;
    this.#settled ??= withResolvers();
    await this.#settled.promise;
  }

  /** Runs a write of the driver; `makeVisible` runs before anyone who waits for the write goes on. */
  async write(writes: readonly DriverWrite[], run: () => Promise<void>, makeVisible: () => void): Promise<void> {
    while (this.#released !== undefined) await this.#released.promise;
    this.#writes = writes;
    try {
      this.#overtake();
      await run();
      makeVisible();
    } finally {
      this.#overtake();
      this.#writes = undefined;
      this.#writing = undefined;
      this.#settled?.resolve();
      this.#settled = undefined;
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

  /** Runs a read that no write overtakes: the one under way ends first, and the next one begins after it. */
  async readAlone<T>(run: () => Promise<T>): Promise<T> {
    this.#lone++;
    const released = (this.#released ??= withResolvers());
    try {
      await this.settled();
      return await run();
    } finally {
      if (--this.#lone === 0) {
        this.#released = undefined;
        released.resolve();
      }
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

  #overtake(): void {
    if (this.#reads.size === 0) return;
    for (const read of this.#reads) read.overtaken ||= this.isWriting(read.keys);
  }

  #keysBeingWritten(): ReadonlySet<string> | undefined {
    if (this.#writing === undefined && this.#writes !== undefined) {
      this.#writing = new Set();
      for (const { key } of this.#writes) this.#writing.add(key.encoded);
    }
    return this.#writing;
  }
}

type Resolvers = { readonly promise: Promise<void>; readonly resolve: () => void };

function withResolvers(): Resolvers {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>(fulfil => (resolve = fulfil));
  return { promise, resolve };
}
