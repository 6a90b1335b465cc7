import {
  silentLogger,
  StoreClosedError,
  StoreLockedError,
  StoreMissingError,
  systemClock,
  type Clock,
  type ComponentLogger,
  type Logger,
  type StoreVanishedError,
} from '@blockstrata/db-core';
import type {
  DriverOpened,
  DriverOpenOptions,
  DriverSupports,
  DriverWrite,
  Durability,
  RecordKey,
  ScanPage,
  ScanRange,
  StoreDriver,
} from '@blockstrata/db-p2p/storage';
import { Connection } from './connection.js';
import { startNewEngineLog } from './engine-log.js';
import { readFailure, writeFailure } from './failures.js';
import { admitHeader, succeedHeader } from './header-record.js';
import { acquireOwnerLock, type OwnerLock } from './owner-lock.js';
import { scanPage } from './scan-page.js';
import { askForPersistence, storageRoom, type Persistence } from './storage-room.js';
import { storedBytes } from './stored-bytes.js';
import { readValues, writeBatch } from './transactions.js';

/** How long an open may be kept waiting by another tab's deletion or upgrade, in milliseconds. */
export const BLOCKED_TIMEOUT_MS = 10_000;

/** How an {@link IndexedDBDriver} is to work. */
export type IndexedDBDriverOptions = {
  /** Wait for another owner to go away, even by a crash, instead of a StoreLockedError. Default false. */
  wait?: boolean;
  /** Ask the browser to keep the data under pressure; {@link IndexedDBDriver.persistence} has the answer. Default false. */
  persist?: boolean;
  /** How long an open may be kept waiting by another tab. Default {@link BLOCKED_TIMEOUT_MS}. */
  blockedTimeoutMs?: number;
  /** Is told when the store is gone under its owner: deleted, evicted, upgraded, or taken over by force. */
  onVanished?: (error: StoreVanishedError | StoreLockedError) => void;
  /** Where logs go. Default: nowhere. */
  logger?: ComponentLogger;
  clock?: Clock;
  /** Ends the waiting of `wait`; the rejection is its reason. */
  signal?: AbortSignal;
};

type Session = { readonly lock: OwnerLock; readonly connection: Connection; readonly durability: Durability };

/**
 * A store in one IndexedDB database: an object store for each kind of record, one transaction for each batch, one owner
 * among the tabs of an origin.
 */
export class IndexedDBDriver implements StoreDriver {
  readonly name: string;
  readonly supports: DriverSupports = { persistence: true, durability: ['strict', 'relaxed'], encoding: 'cbor' };
  readonly #options: IndexedDBDriverOptions;
  readonly #log: Logger;
  #session: Session | undefined;
  #stolen: StoreLockedError | undefined;
  #waiting: AbortController | undefined;
  #persistence: Persistence = 'unasked';

  /** @throws TypeError if `name` is empty, or an option is wrong. */
  constructor(name: string, options: IndexedDBDriverOptions = {}) {
    if (typeof name !== 'string' || name === '') throw new TypeError('name must be a string that is not empty');
    const { blockedTimeoutMs = BLOCKED_TIMEOUT_MS } = options;
    if (!(blockedTimeoutMs > 0)) throw new TypeError('blockedTimeoutMs must be above 0');
    this.name = name;
    this.#options = options;
    this.#log = (options.logger ?? silentLogger).forComponent('blockstrata:indexeddb');
  }

  /** What became of asking for persistent storage. */
  get persistence(): Persistence {
    return this.#persistence;
  }

  async open(options: DriverOpenOptions): Promise<DriverOpened> {
    const lock = await this.#acquireLock();
    let connection: Connection | undefined;
    try {
      connection = await this.#connect(options.create);
      await this.#startNewEngineLog();
      connection.header = await this.#admit(connection, options);
      this.#session = { lock, connection, durability: options.durability };
    } catch (error) {
      connection?.close();
      await lock.release();
      throw error;
    }
    if (this.#options.persist === true) void this.#persist();
    return { losses: [] };
  }

  /** Ends an `open` that waits for the lock: it rejects with a StoreClosedError. */
  stopWaiting(): void {
    this.#waiting?.abort(new StoreClosedError(this.name));
  }

  async close(header: Uint8Array | undefined): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    const { connection, lock } = session;
    try {
      // A store that is gone for us was reported when it went; there is nothing to leave a mark in.
      if (header !== undefined && !connection.vanished && this.#stolen === undefined) {
        await connection.runOnce(db => succeedHeader(this.name, db, connection.header, header));
      }
    } catch (error) {
      throw await writeFailure('close', error, false);
    } finally {
      connection.close();
      await lock.release();
    }
  }

  async get(key: RecordKey): Promise<Uint8Array | undefined> {
    return (await this.getMany([key]))[0];
  }

  async getMany(keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return [];
    return this.#read('read', db => readValues(db, keys));
  }

  scan(range: ScanRange): Promise<ScanPage> {
    return this.#read(`scan ${range.kind} records`, db => scanPage(db, range));
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    const { connection, durability } = this.#owned();
    const { name } = this;
    let interrupted = false;
    try {
      // Nobody else writes: putting the same batch once more settles what became of one that was cut off.
      await connection.run(
        db => writeBatch(db, writes, { name, durability, header: connection.header }),
        () => (interrupted = true),
      );
    } catch (error) {
      throw await writeFailure('write', error, interrupted);
    }
  }

  async size(): Promise<number> {
    const { usageBytes } = await storageRoom();
    return usageBytes ?? this.#read('estimate the size', storedBytes);
  }

  async #acquireLock(): Promise<OwnerLock> {
    const { wait = false, signal } = this.#options;
    this.#stolen = undefined;
    const waiting = (this.#waiting = new AbortController());
    try {
      return await acquireOwnerLock(this.name, {
        wait,
        signal: signal === undefined ? waiting.signal : AbortSignal.any([signal, waiting.signal]),
        onStolen: () => {
          this.#stolen = new StoreLockedError(this.name, 'one that took the lock by force');
          this.#options.onVanished?.(this.#stolen);
        },
      });
    } finally {
      this.#waiting = undefined;
    }
  }

  async #connect(create: boolean): Promise<Connection> {
    const connection = await Connection.open(this.name, create, {
      blockedTimeoutMs: this.#options.blockedTimeoutMs ?? BLOCKED_TIMEOUT_MS,
      clock: this.#options.clock ?? systemClock,
      onTerminated: () => this.#log('the browser closed the connection to %s', this.name),
      onVanished: error => {
        this.#log.error('%s', error.message);
        this.#options.onVanished?.(error);
      },
    });
    if (connection === undefined) throw new StoreMissingError(this.name);
    return connection;
  }

  // Where there is no room for it, the store can still be read.
  async #startNewEngineLog(): Promise<void> {
    await startNewEngineLog(this.name).catch((error: unknown) => {
      this.#log.error('the browser did not start a new log for %s: %s', this.name, error);
    });
  }

  async #admit(connection: Connection, options: DriverOpenOptions): Promise<Uint8Array> {
    try {
      return await connection.runOnce(db =>
        admitHeader(db, stored => {
          if (stored === undefined && !options.create) throw new StoreMissingError(this.name);
          return options.admit(stored).bytes;
        }),
      );
    } catch (error) {
      throw await writeFailure(`open ${this.name}`, error, false);
    }
  }

  async #read<T>(operation: string, read: (db: IDBDatabase) => Promise<T>): Promise<T> {
    try {
      return await this.#owned().connection.run(read);
    } catch (error) {
      throw readFailure(operation, error);
    }
  }

  #owned(): Session {
    if (this.#session === undefined) throw new StoreClosedError(this.name);
    if (this.#stolen !== undefined) throw this.#stolen;
    return this.#session;
  }

  async #persist(): Promise<void> {
    this.#persistence = 'asking';
    this.#persistence = await askForPersistence();
    this.#log('persistent storage for %s: %s', this.name, this.#persistence);
  }
}
