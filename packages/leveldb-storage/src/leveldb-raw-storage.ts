import { RawStorage, type RawStorageOptions } from '@blockstrata/db-p2p/storage';
import { LevelDBDriver } from './leveldb-driver.js';
import type { LevelDBOptions } from './options.js';

/** How a store on LevelDB is to work. */
export type LevelDBRawStorageOptions = RawStorageOptions & LevelDBOptions;

/**
 * A store on LevelDB, in a directory of its own. `strict` is LevelDB's `sync`.
 *
 * Besides what every store throws, opening it rejects with a StoreLockedError while another process or instance has it,
 * with a StoreFormatError where the directory holds anything else, and with a CorruptRecordError where LevelDB's own
 * files are damaged; `open({ salvage: true })` gives up what is damaged, and reports it.
 *
 * @example
 * ```ts
 * await using storage = new LevelDBRawStorage('/var/lib/node/blocks');
 * const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
 * ```
 */
export class LevelDBRawStorage extends RawStorage {
  /**
   * @param directory is made where it is missing, for its owner alone, unless `create` is false.
   * @throws TypeError if an option is out of its bounds.
   */
  constructor(directory: string, options: LevelDBRawStorageOptions = {}) {
    super(new LevelDBDriver(directory, options), options);
  }
}
