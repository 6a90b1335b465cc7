import { writeSync } from 'node:fs';
import type { StorageRepo } from '@blockstrata/db-p2p/storage';
import type { Message } from './messages.js';
import { seededRandom, type Random } from './random.js';

/** What a child does with its store. */
export type Workload = {
  readonly seed: number;
  /** Goes before the ids of transactions. */
  readonly name: string;
  readonly workers: number;
  /** Default: without end. */
  readonly trxsPerWorker?: number;
  readonly blocksPerTrx: number;
  /** Bytes of content that say nothing, in each block. Default 0. */
  readonly ballastBytes?: number;
};

const BLOCKS_PER_WORKER = 30;
const CANCELLED_SHARE = 0.2;

/** Tells the parent, through the pipe itself: it is out of this process when the call returns. */
export function tell(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

/** Runs transactions, each worker one after the other on blocks that no other worker touches. */
export async function runWorkload(repo: StorageRepo, workload: Workload, revs: { taken: number }): Promise<void> {
  await Promise.all(Array.from({ length: workload.workers }, (_, worker) => work(repo, workload, worker, revs)));
}

async function work(repo: StorageRepo, workload: Workload, worker: number, revs: { taken: number }): Promise<void> {
  const { trxsPerWorker = Number.POSITIVE_INFINITY, blocksPerTrx } = workload;
  const random = seededRandom(workload.seed * 31 + worker);
  const all = Array.from({ length: BLOCKS_PER_WORKER }, (_, i) => `worker-${worker}-block-${i}`);
  for (let i = 0; i < trxsPerWorker; i++) {
    const trxId = `${workload.name}-w${worker}-t${i}`;
    const blockIds = pick(all, blocksPerTrx, random);
    const rev = ++revs.taken;
    const transforms = await transformsFor(repo, blockIds, trxId, 'x'.repeat(workload.ballastBytes ?? 0));
    tell(['pend', trxId, blockIds]);
    const pended = await repo.pend({ trxId, transforms, rev, policy: 'c' });
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

/** Puts the transaction's id at the head of a list in each block; makes the blocks that are not there. */
async function transformsFor(repo: StorageRepo, blockIds: string[], trxId: string, ballast: string) {
  const held = await repo.get({ blockIds });
  const inserts: Record<string, { header: { id: string; type: string; collectionId: string }; trxs: string[] }> = {};
  const updates: Record<string, [string, number, number, unknown][]> = {};
  for (const id of blockIds) {
    const header = { id, type: 'test', collectionId: 'test' };
    if (held[id]?.block === undefined) inserts[id] = { header, trxs: [trxId], ...{ ballast } };
    else updates[id] = [['trxs', 0, 0, [trxId]]];
  }
  return { inserts, updates };
}

function pick(ids: readonly string[], count: number, random: Random): string[] {
  const rest = [...ids];
  return Array.from({ length: count }, () => rest.splice(random.below(rest.length), 1)[0] ?? '');
}
