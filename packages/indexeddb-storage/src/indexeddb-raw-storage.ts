import { RawStorage, type RawStorageOptions } from '@blockstrata/db-p2p/storage';
import { IndexedDBDriver, type IndexedDBDriverOptions } from './indexeddb-driver.js';
import { storageRoom, type Persistence, type StorageRoom } from './storage-room.js';

/** How an {@link IndexedDBRawStorage} is to work. */
export type IndexedDBRawStorageOptions = RawStorageOptions & IndexedDBDriverOptions;

/**
 * A store in an IndexedDB database of this origin. One tab owns it at a time: in the others, opening is a
 * StoreLockedError, or with `wait: true` lasts until the owner has gone.
 *
 * @example
 * ```ts
 * import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
 * import { IndexedDBRawStorage } from '@blockstrata/indexeddb-storage';
 *
 * const storage = new IndexedDBRawStorage('notes', { persist: true });
 * const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
 * ```
 */
export class IndexedDBRawStorage extends RawStorage {
  readonly #driver: IndexedDBDriver;

  /**
   * @param name the name of the database.
   * @throws TypeError if `name` is empty, or an option is wrong.
   */
  constructor(name: string, options: IndexedDBRawStorageOptions = {}) {
    const driver = new IndexedDBDriver(name, options);
    super(driver, options);
    this.#driver = driver;
  }

  /** What became of asking the browser to keep the data; asked when the store opens, if the option `persist` says so. */
  get persistence(): Persistence {
    return this.#driver.persistence;
  }

  /** The room that the browser gives to this origin, and how much of it is used. */
  room(): Promise<StorageRoom> {
    return storageRoom();
  }

  /** Lets writes under way finish, then closes; an `open` that waits for another owner gives up. */
  override close(): Promise<void> {
    this.#driver.stopWaiting();
    return super.close();
  }
}
