import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import type { ChildTask } from './messages.js';
import { plantBug } from './planted-bugs.js';
import { storeOf } from './stores.js';
import { runWorkload, tell } from './workload.js';

const LIVES = 2;

// Two lives of a store, both closed, with blocks that fill LevelDB's log several times over.
async function main({ backend, directory, durability, seed, bug }: ChildTask): Promise<void> {
  const revs = { taken: 0 };
  for (let life = 1; life <= LIVES; life++) {
    const storage = storeOf(backend, directory, durability);
    if (bug !== undefined) plantBug(storage.driver, bug);
    const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
    const shape = { workers: 3, trxsPerWorker: 8, blocksPerTrx: 4, ballastBytes: 1_000 };
    await runWorkload(repo, { seed: seed + life, name: `life${life}`, ...shape }, revs);
    tell(['closing']);
    await storage.close();
    tell(['closed']);
  }
}

main(JSON.parse(process.argv[2] ?? '') as ChildTask).catch((error: unknown) => {
  tell(['failed', String(error)]);
  process.exitCode = 1;
});
