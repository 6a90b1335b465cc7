import {
  BlockStorage,
  MemoryRawStorage,
  StorageRepo,
  type IRawStorage,
  type RawStorageOptions,
} from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { requireBackend, type Backend } from './backend.js';
import { STORE_LIMITS } from './limits.js';

/** A store and the repository over it. */
export type Store = { readonly storage: IRawStorage; readonly repo: StorageRepo; readonly backend: Backend };

/** A store that is not opened yet; its first use opens it. `create: false`: it must exist. */
export function makeStore(
  backend: Backend,
  directory: string,
  create: boolean,
  options: Pick<RawStorageOptions, 'metrics'> = {},
): Store {
  const storage = makeStorage(backend, directory, { ...options, create, limits: STORE_LIMITS });
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  return { storage, repo, backend };
}

/**
 * Runs `use` on the store that is in a directory, and closes it whatever happens.
 *
 * @throws CommandError if there is none; it is never created.
 */
export async function withExistingStore<T>(directory: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = makeStore(await requireBackend(directory), directory, false);
  try {
    return await use(store);
  } finally {
    await store.storage.close();
  }
}

function makeStorage(backend: Backend, directory: string, options: RawStorageOptions): IRawStorage {
  switch (backend) {
    case 'leveldb':
      return new LevelDBRawStorage(directory, options);
    case 'file':
      return new FileRawStorage(directory, options);
    case 'memory':
      return new MemoryRawStorage(options);
  }
}
