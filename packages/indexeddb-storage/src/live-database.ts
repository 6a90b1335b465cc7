/** The connection went away beneath an operation. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/**
 * A connection, and what waits on it. When the browser closes a connection on its own, transactions that are under way
 * may fire no event at all (seen in Chromium 156): it is the connection's `close` that must end the waiting.
 */
export class LiveDatabase {
  readonly #db: IDBDatabase;
  readonly #waiting = new Set<(lost: ConnectionLost) => void>();
  #lost: ConnectionLost | undefined;

  constructor(db: IDBDatabase) {
    this.#db = db;
  }

  /** Settles as `work` does, or rejects with {@link ConnectionLost} when the browser closes the connection first. */
  run<T>(work: (db: IDBDatabase) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) throw this.#lost;
      this.#waiting.add(reject);
      void work(this.#db)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** Closes the connection; transactions under way still complete. */
  close(): void {
    this.#db.close();
  }

  /** The browser has closed the connection. */
  lose(): void {
    this.#lost = new ConnectionLost('the browser closed the connection');
    for (const reject of this.#waiting) reject(this.#lost);
  }
}

/**
 * Whether an operation failed as it does when its connection goes away; the `close` event may be yet to come. An I/O
 * error of the browser's has the same name, and a new connection is as good an answer to it.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  return error instanceof DOMException && LOSSES.has(error.name);
}

const LOSSES: ReadonlySet<string> = new Set(['AbortError', 'InvalidStateError', 'UnknownError']);
