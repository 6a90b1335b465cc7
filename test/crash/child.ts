import { writeSync } from 'node:fs';
import { StoreClosedError } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import type { ChildTask, Message } from './messages.js';
import { seededRandom, type Random } from './random.js';
import { plantBug } from './planted-bugs.js';
import { storeOf } from './stores.js';

const WORKERS = 8;
const BLOCKS_PER_WORKER = 30;
const BLOCKS_PER_TRX = 10;
const CANCELLED_SHARE = 0.2;

// To the pipe itself, so that it is out of this process when the call returns.
function tell(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

async function main(task: ChildTask): Promise<void> {
  tell(['opening']);
  const storage = storeOf(task.backend, task.directory, task.durability);
  if (task.bug !== undefined) plantBug(storage.driver, task.bug);
  await storage.open();
  tell(['open']);
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  const revs = { taken: task.revTaken };
  const workers = Array.from({ length: WORKERS }, (_, i) => work(repo, task, i, revs));
  if (task.closeAfterMs === undefined) return void (await Promise.all(workers));
  await new Promise(resolve => setTimeout(resolve, task.closeAfterMs));
  tell(['closing']);
  await Promise.all([storage.close(), ...workers.map(worker => worker.catch(unlessClosed))]);
  tell(['closed']);
  // Stays until it is killed.
  setInterval(() => undefined, 1_000);
}

/** Transactions one after the other, on blocks that no other worker touches. */
async function work(repo: StorageRepo, task: ChildTask, worker: number, revs: { taken: number }): Promise<void> {
  const random = seededRandom(task.seed * 31 + worker);
  const all = Array.from({ length: BLOCKS_PER_WORKER }, (_, i) => `worker-${worker}-block-${i}`);
  for (let i = 0; ; i++) {
    const trxId = `r${task.round}-w${worker}-t${i}`;
    const blockIds = pick(all, BLOCKS_PER_TRX, random);
    const held = await repo.get({ blockIds });
    const rev = ++revs.taken;
    const inserts: Record<string, { header: { id: string; type: string; collectionId: string }; trxs: string[] }> = {};
    const updates: Record<string, [string, number, number, unknown][]> = {};
    for (const id of blockIds) {
      if (held[id]?.block === undefined)
        inserts[id] = { header: { id, type: 'test', collectionId: 'test' }, trxs: [trxId] };
      else updates[id] = [['trxs', 0, 0, [trxId]]];
    }
    tell(['pend', trxId, blockIds]);
    const pended = await repo.pend({ trxId, transforms: { inserts, updates }, rev, policy: 'c' });
    if (!pended.success) return tell(['failed', `pend of ${trxId}: ${pended.code}`]);
    tell(['pended', trxId]);
    if (random.next() < CANCELLED_SHARE) {
      tell(['cancel', trxId]);
      await repo.cancel({ trxId, blockIds });
      tell(['cancelled', trxId]);
      continue;
    }
    tell(['commit', trxId, rev]);
    const committed = await repo.commit({ trxId, blockIds, rev });
    if (!committed.success) return tell(['failed', `commit of ${trxId}: ${committed.code}`]);
    tell(['committed', trxId]);
  }
}

// What a call comes to that the close overtook is not known.
function unlessClosed(error: unknown): void {
  if (!(error instanceof StoreClosedError)) throw error;
}

function pick(ids: readonly string[], count: number, random: Random): string[] {
  const rest = [...ids];
  return Array.from({ length: count }, () => rest.splice(random.below(rest.length), 1)[0] ?? '');
}

main(JSON.parse(process.argv[2] ?? '') as ChildTask).catch((error: unknown) => {
  tell(['failed', String(error)]);
  process.exitCode = 1;
});
