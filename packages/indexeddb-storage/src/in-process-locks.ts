/** The part of the Web Locks API that a store needs; `navigator.locks` is one. */
export interface LockTable {
  request<T>(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    use: (lock: object | null) => T | Promise<T>,
  ): Promise<T>;
  query(): Promise<{ held?: readonly { name?: string; clientId?: string }[] }>;
}

/**
 * Locks among the stores of one process: what stands in for Web Locks where a platform has none, as Node 20 has not.
 * Between processes or tabs the header's epoch then is what fences off an owner that was superseded.
 */
export class InProcessLocks implements LockTable {
  readonly #queues = new Map<string, (() => void)[]>();

  async request<T>(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    use: (lock: object | null) => T | Promise<T>,
  ): Promise<T> {
    options.signal?.throwIfAborted();
    const queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, []);
    else if (options.ifAvailable === true) return use(null);
    else await waitInLine(queue, options.signal);
    try {
      return await use({ name });
    } finally {
      this.#passOn(name);
    }
  }

  query(): Promise<{ held: { name: string; clientId: string }[] }> {
    return Promise.resolve({ held: [...this.#queues.keys()].map(name => ({ name, clientId: 'this process' })) });
  }

  #passOn(name: string): void {
    const next = this.#queues.get(name)?.shift();
    if (next === undefined) this.#queues.delete(name);
    else next();
  }
}

function waitInLine(queue: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const admitted = (): void => {
      signal?.removeEventListener('abort', gaveUp);
      resolve();
    };
    const gaveUp = (): void => {
      queue.splice(queue.indexOf(admitted), 1);
      reject(signal?.reason as Error);
    };
    queue.push(admitted);
    signal?.addEventListener('abort', gaveUp, { once: true });
  });
}
