import { StoreVanishedError, type Clock } from '@blockstrata/db-core';
import { equalBytes } from './equal-bytes.js';
import { readHeader } from './header-record.js';
import { isConnectionLoss, type LiveDatabase } from './live-database.js';
import { openDatabase } from './open-database.js';

/** How a connection behaves; see {@link Connection.open}. */
export type ConnectionOptions = {
  blockedTimeoutMs: number;
  clock: Clock;
  /** The browser closed the connection on its own; the next operation opens it anew. */
  onTerminated: () => void;
  /** The store is gone for its owner. */
  onVanished: (error: StoreVanishedError) => void;
};

/**
 * The connection of an owner to its database. One that the browser closed is opened again when it is next needed, and
 * must then lead to the same store: a database that is gone, or has another header, is a StoreVanishedError.
 */
export class Connection {
  readonly #name: string;
  readonly #options: ConnectionOptions;
  #database: LiveDatabase | undefined;
  #reopening: Promise<LiveDatabase> | undefined;
  #vanished: StoreVanishedError | undefined;
  /** The header that the owner stored; empty until one is admitted. */
  header: Uint8Array = new Uint8Array();

  private constructor(name: string, options: ConnectionOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** A connection to the database; `undefined` where there is none, and `create` is false. */
  static async open(name: string, create: boolean, options: ConnectionOptions): Promise<Connection | undefined> {
    const connection = new Connection(name, options);
    connection.#database = await connection.#connect(create);
    return connection.#database === undefined ? undefined : connection;
  }

  /** The store is gone for its owner, who was told so. */
  get vanished(): boolean {
    return this.#vanished !== undefined;
  }

  /**
   * Runs `work` on the open database; and once more, on a new connection, when the first was lost beneath it. So `work`
   * must be something that can be repeated. `onLost` is called in between.
   */
  async run<T>(work: (db: IDBDatabase) => Promise<T>, onLost?: () => void): Promise<T> {
    const database = await this.#live();
    try {
      return await database.run(work);
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      this.#forget(database);
      onLost?.();
    }
    return this.runOnce(work);
  }

  /** Runs `work` on the open database. */
  async runOnce<T>(work: (db: IDBDatabase) => Promise<T>): Promise<T> {
    return (await this.#live()).run(work);
  }

  close(): void {
    this.#vanished ??= new StoreVanishedError(this.#name, 'its owner has closed it');
    this.#database?.close();
    this.#database = undefined;
  }

  async #live(): Promise<LiveDatabase> {
    if (this.#vanished !== undefined) throw this.#vanished;
    if (this.#database !== undefined) return this.#database;
    this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  #forget(database: LiveDatabase): void {
    database.close();
    if (this.#database === database) this.#database = undefined;
  }

  async #reopen(): Promise<LiveDatabase> {
    const database = await this.#connect(false);
    if (database === undefined) throw this.#vanish('its database does not exist any more');
    const header = await database.run(readHeader);
    if (header === undefined || !equalBytes(header, this.header)) {
      this.#vanish('another store has taken its place');
    }
    if (this.#vanished !== undefined) {
      database.close();
      throw this.#vanished;
    }
    this.#database = database;
    return database;
  }

  #connect(create: boolean): Promise<LiveDatabase | undefined> {
    const { blockedTimeoutMs, clock, onTerminated } = this.#options;
    return openDatabase(this.#name, {
      create,
      blockedTimeoutMs,
      clock,
      onTerminated: database => {
        this.#forget(database);
        database.lose();
        onTerminated();
      },
      onVersionChange: (database, version) => {
        // Transactions under way still complete; the other tab waits for them.
        this.#forget(database);
        this.#vanish(version === undefined ? 'another tab deletes it' : `another tab makes it version ${version}`);
      },
    });
  }

  #vanish(problem: string): StoreVanishedError {
    if (this.#vanished === undefined) {
      this.#vanished = new StoreVanishedError(this.#name, problem);
      this.#options.onVanished(this.#vanished);
    }
    return this.#vanished;
  }
}
