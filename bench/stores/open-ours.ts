import {
  BlockStorage,
  MemoryRawStorage,
  StorageRepo,
  type Durability,
  type RawStorage,
} from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { fixedClock } from '../workload/fixed-clock.js';

/** The backends that are measured here. */
export type Backend = 'memory' | 'files' | 'LevelDB';

/** What a user would set, and what makes runs repeatable. */
export type OursOptions = { readonly durability: Durability; readonly cacheBytesMax?: number };

/** One of our stores with a repository on it. */
export type Ours = { readonly storage: RawStorage; readonly repo: StorageRepo };

/** A store on one of the backends; it opens at its first use. */
export function openOurs(backend: Backend, directory: string, options: OursOptions): Ours {
  const storage = storageOn(backend, directory, { ...options, clock: fixedClock });
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  return { storage, repo };
}

function storageOn(
  backend: Backend,
  directory: string,
  options: OursOptions & { clock: typeof fixedClock },
): RawStorage {
  switch (backend) {
    case 'memory':
      return new MemoryRawStorage(options);
    case 'files':
      return new FileRawStorage(directory, options);
    case 'LevelDB':
      return new LevelDBRawStorage(directory, options);
  }
}
