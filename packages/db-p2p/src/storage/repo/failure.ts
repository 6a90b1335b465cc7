import {
  transformsFromBlocks,
  type BlockId,
  type RepoFailure,
  type RepoFailureCode,
  type Transform,
  type TrxId,
  type TrxPending,
  type TrxTransforms,
} from '@blockstrata/db-core';
import { pendingsOf, quoted, tipRev } from '../block/head.js';
import type { BlockMetadata } from '../records.js';
import type { RepoContext } from './call-context.js';

/** A refusal without more to say. */
export function refusal(code: RepoFailureCode, reason: string): RepoFailure {
  return { success: false, code, reason };
}

/** A block on which a caller is behind, and the last revision of it that the caller knows. */
export type Behind = { readonly blockId: BlockId; readonly head: BlockMetadata; readonly knownRev: number };

/** The refusal of a caller who has not seen what was committed, with what it missed. */
export async function staleRefusal(
  context: RepoContext,
  reason: string,
  behind: readonly Behind[],
): Promise<RepoFailure> {
  const { missing, truncated } = await missingTrxs(context, behind);
  const failure: RepoFailure = { success: false, code: 'stale', reason, missing };
  if (truncated) failure.truncated = true;
  const [first] = behind;
  if (first?.head.latest !== undefined) failure.staleAt = { blockId: first.blockId, rev: first.head.latest.rev };
  return failure;
}

/** The transactions above what the caller knows, oldest first, each with all blocks of the call that it touched. */
async function missingTrxs(
  { storage }: RepoContext,
  behind: readonly Behind[],
): Promise<{ missing: TrxTransforms[]; truncated: boolean }> {
  const { missingTrxsMax } = storage.limits;
  // A transaction that was committed on its blocks at several revisions was missed at each of them.
  const byTrxRev = new Map<string, { trxId: TrxId; rev: number; blocks: [BlockId, Transform][] }>();
  let truncated = false;
  for (const { blockId, head, knownRev } of behind) {
    const newest = tipRev(head);
    // The newest at least: what a caller asks for may lie far above it.
    const oldest = Math.min(knownRev + 1, newest);
    for await (const { rev, trxId } of storage.listRevisions(blockId, oldest, newest, { limit: missingTrxsMax + 1 })) {
      const key = `${rev} ${trxId}`;
      if (byTrxRev.size === missingTrxsMax && !byTrxRev.has(key)) {
        truncated = true;
        break;
      }
      const trx = await storage.getTransaction(blockId, trxId);
      const entry = byTrxRev.get(key) ?? { trxId, rev, blocks: [] };
      byTrxRev.set(key, entry);
      if (trx !== undefined) entry.blocks.push([blockId, trx.transform]);
    }
  }
  const missing = [...byTrxRev.values()].map(({ trxId, rev, blocks }) => ({
    trxId,
    rev,
    transforms: transformsFromBlocks(blocks),
  }));
  missing.sort((a, b) => a.rev - b.rev);
  return { missing, truncated };
}

/** The transactions that are pending on these blocks, with their transforms where asked; at most so many. */
export async function listPendings(
  { storage }: RepoContext,
  heads: ReadonlyMap<BlockId, BlockMetadata | undefined>,
  withTransforms: boolean,
): Promise<{ pending: TrxPending[]; truncated: boolean }> {
  const pending: TrxPending[] = [];
  for (const [blockId, head] of heads) {
    for (const trxId of pendingsOf(head)) {
      if (pending.length === storage.limits.listedPendingsMax) return { pending, truncated: true };
      const record = withTransforms ? await storage.getPendingTransaction(blockId, trxId) : undefined;
      pending.push(record === undefined ? { blockId, trxId } : { blockId, trxId, transform: record.transform });
    }
  }
  return { pending, truncated: false };
}

/** The refusal of a pend that others are in the way of. */
export function pendingRefusal({ pending, truncated }: { pending: TrxPending[]; truncated: boolean }): RepoFailure {
  const [first] = pending;
  const reason = `transaction ${quoted(first?.trxId ?? '')} is pending on block ${quoted(first?.blockId ?? '')}`;
  const failure: RepoFailure = { success: false, code: 'pending', reason, pending };
  if (truncated) failure.truncated = true;
  return failure;
}
