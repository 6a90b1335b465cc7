export { IndexedDBRawStorage, type IndexedDBRawStorageOptions } from './indexeddb-raw-storage.js';
export { BLOCKED_TIMEOUT_MS, IndexedDBDriver, type IndexedDBDriverOptions } from './indexeddb-driver.js';
export type { Persistence, StorageRoom } from './storage-room.js';
