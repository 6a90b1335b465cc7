import { RawStorage, type RawStorageOptions } from '@blockstrata/db-p2p/storage';
import { FileDriver } from './file-driver.js';
import type { FileSystem } from './file-system/file-system.js';
import type { ProcessFacts } from './process/process-facts.js';

/** How a store on files is to work. */
export type FileRawStorageOptions = RawStorageOptions & {
  /** Default: the machine's. */
  fileSystem?: FileSystem;
  /** What the lock goes by. Default: the machine's. */
  processFacts?: ProcessFacts;
};

/**
 * A store in a directory: JSON files that a person can read, behind a write-ahead journal.
 *
 * Strict, a batch is on disk when it resolves; relaxed, it survives the process, perhaps not the power, and what
 * survives is always a prefix of what was written.
 *
 * @example
 * ```ts
 * import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
 * import { FileRawStorage } from '@blockstrata/file-storage';
 *
 * const storage = new FileRawStorage('/path/to/storage');
 * const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
 * ```
 */
export class FileRawStorage extends RawStorage {
  /** @param directory where the store is, or is to be; one that holds anything else is refused when it is opened. */
  constructor(directory: string, options: FileRawStorageOptions = {}) {
    super(new FileDriver(directory, options), options);
  }
}
