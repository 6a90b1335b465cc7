import type { StorageRepo } from '@blockstrata/db-p2p/storage';
import type { IndexedDBRawStorage, Persistence } from '@blockstrata/indexeddb-storage';

const BLOCKS_SHOWN = 200;

// A tab that was killed between its pend and its commit leaves the pend behind.
const PEND_AGE_MS_MAX = 10_000;

/** One block, as the panel lists it. */
export type BlockFigures = {
  readonly id: string;
  readonly rev: number;
  readonly ranges: string;
  readonly deleted: boolean;
  readonly pendings: number;
};

/** What the panel shows. */
export type Figures = {
  readonly blocks: readonly BlockFigures[];
  readonly blocksTotal: number;
  readonly revisions: number;
  readonly pendings: number;
  readonly usageBytes: number | undefined;
  readonly quotaBytes: number | undefined;
  readonly persistence: Persistence;
};

/** Reads the figures of a store, and drops pendings that nobody will commit any more. */
export async function gatherFigures(storage: IndexedDBRawStorage, repo: StorageRepo): Promise<Figures> {
  const blocks: BlockFigures[] = [];
  const pendingOn = new Map<string, string[]>();
  let blocksTotal = 0;
  for await (const id of storage.listBlockIds()) {
    if (++blocksTotal > BLOCKS_SHOWN) continue;
    const head = await storage.getMetadata(id);
    if (head === undefined) continue;
    const pendings = head.pendings ?? [];
    for (const trxId of pendings) pendingOn.set(trxId, [...(pendingOn.get(trxId) ?? []), id]);
    const ranges = head.ranges.map(([start, end]) => `${start}–${end === undefined ? '…' : end - 1}`).join(', ');
    blocks.push({
      id,
      rev: head.latest?.rev ?? 0,
      ranges,
      deleted: head.deleted ?? false,
      pendings: pendings.length,
    });
  }
  await dropStalePendings(storage, repo, pendingOn);
  const { usageBytes, quotaBytes } = await storage.room();
  return {
    blocks: blocks.sort((a, b) => b.rev - a.rev),
    blocksTotal,
    revisions: storage.logSeq,
    pendings: pendingOn.size,
    usageBytes,
    quotaBytes,
    persistence: storage.persistence,
  };
}

async function dropStalePendings(
  storage: IndexedDBRawStorage,
  repo: StorageRepo,
  pendingOn: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  for (const [trxId, blockIds] of pendingOn) {
    const pending = await storage.getPendingTransaction(blockIds[0]!, trxId);
    if (pending === undefined || Date.now() - pending.time < PEND_AGE_MS_MAX) continue;
    await repo.cancel({ trxId, blockIds: [...blockIds] });
  }
}
