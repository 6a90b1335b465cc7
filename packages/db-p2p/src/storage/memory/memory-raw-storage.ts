import { RawStorage, type RawStorageOptions } from '../kernel/raw-storage.js';
import { MemoryDriver } from './memory-driver.js';

/**
 * A store in memory, for tests and caches: the whole contract, except that it ends with the process. It can be closed
 * and opened again, and then holds what it held.
 *
 * @example
 * ```ts
 * import { BlockStorage, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
 *
 * const storage = new MemoryRawStorage();
 * const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
 * ```
 */
export class MemoryRawStorage extends RawStorage {
  constructor(options?: RawStorageOptions) {
    super(new MemoryDriver(), options);
  }
}
