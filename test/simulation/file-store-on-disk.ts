import { BlockStorage, StorageRepo, type Durability } from '@blockstrata/db-p2p/storage';
import { FileRawStorage, type FileSystem, type ProcessFacts } from '@blockstrata/file-storage';
import { ManualClock } from './manual-clock.js';
import { seededRandomness } from './seeded-random.js';

/** A repository on files on a simulated disk, in a process of its own that nobody shares the machine with. */
export type SimulatedStore = {
  readonly storage: FileRawStorage;
  readonly repo: StorageRepo;
  readonly clock: ManualClock;
};

/** @param life tells the processes apart that open the store one after the other */
export function simulatedStore(
  fileSystem: FileSystem,
  life: number,
  durability: Durability = 'strict',
): SimulatedStore {
  const clock = new ManualClock();
  const storage = new FileRawStorage('/data/store', {
    fileSystem,
    clock,
    durability,
    randomness: seededRandomness(life),
    processFacts: processOf(life),
  });
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  return { storage, repo, clock };
}

/** A process that is alone on its machine. */
export function processOf(life: number): ProcessFacts {
  const self = { host: 'simulated', boot: `boot ${life}`, pid: life, start: '1' };
  return { self, look: () => ({ running: false }) };
}
