import { StoreClosedError } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import type { ChildTask } from './messages.js';
import { plantBug } from './planted-bugs.js';
import { storeOf } from './stores.js';
import { runWorkload, tell } from './workload.js';

async function main(task: ChildTask): Promise<void> {
  tell(['opening']);
  const storage = storeOf(task.backend, task.directory, task.durability);
  if (task.bug !== undefined) plantBug(storage.driver, task.bug);
  await storage.open();
  tell(['open']);
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  const workload = { seed: task.seed, name: `r${task.round}`, workers: 8, blocksPerTrx: 10 };
  const work = runWorkload(repo, workload, { taken: task.revTaken });
  if (task.closeAfterMs === undefined) return work;
  await new Promise(resolve => setTimeout(resolve, task.closeAfterMs));
  tell(['closing']);
  await Promise.all([storage.close(), work.catch(unlessClosed)]);
  tell(['closed']);
  // Stays until it is killed.
  setInterval(() => undefined, 1_000);
}

// What a call comes to that the close overtook is not known.
function unlessClosed(error: unknown): void {
  if (!(error instanceof StoreClosedError)) throw error;
}

main(JSON.parse(process.argv[2] ?? '') as ChildTask).catch((error: unknown) => {
  tell(['failed', String(error)]);
  process.exitCode = 1;
});
