export { LevelDBDriver } from './leveldb-driver.js';
export { LevelDBRawStorage, type LevelDBRawStorageOptions } from './leveldb-raw-storage.js';
export {
  DEFAULT_BLOCK_CACHE_BYTES,
  DEFAULT_OPEN_FILES_MAX,
  DEFAULT_WRITE_BUFFER_BYTES,
  type LevelDBOptions,
} from './options.js';
