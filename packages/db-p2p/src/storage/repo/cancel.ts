import type { BlockId, CheckedTrxBlocks, RepoOptions } from '@blockstrata/db-core';
import { isBlank, pendingsOf, withoutPendings } from '../block/head.js';
import { requireLive, type RepoContext } from './call-context.js';

/** Removes a pending transaction from its blocks in one batch; what is not pending, or committed, stays as it is. */
export async function cancel(
  context: RepoContext,
  { trxId, blockIds }: CheckedTrxBlocks,
  options: RepoOptions,
): Promise<void> {
  const { storage, coordination } = context;
  const release = await coordination.latches.acquire(blockIds);
  try {
    requireLive(context, options);
    const heads = await storage.getMetadataMany(blockIds);
    const batch = storage.batch();
    const cancelled: BlockId[] = [];
    blockIds.forEach((blockId, i) => {
      const head = heads[i];
      if (head === undefined || !pendingsOf(head).includes(trxId)) return;
      const rest = withoutPendings(head, new Set([trxId]));
      batch.deletePendingTransaction(blockId, trxId);
      if (isBlank(rest)) batch.deleteMetadata(blockId);
      else batch.saveMetadata(blockId, rest);
      cancelled.push(blockId);
    });
    if (cancelled.length === 0) return;
    await batch.write(options);
    coordination.pendQueue.notify(cancelled);
  } finally {
    release();
  }
}
