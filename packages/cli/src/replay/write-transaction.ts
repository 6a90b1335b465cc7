import { blockIdsForTransforms, type RepoFailure } from '@blockstrata/db-core';
import type { StorageRepo } from '@blockstrata/db-p2p/storage';
import { CommandError } from '../errors.js';
import type { PlannedTransaction } from './plan-transaction.js';

/**
 * Pends and commits one transaction, all of its blocks in one call each. What an interrupted replay left pending of the
 * same commit is taken up.
 *
 * @throws CommandError if something else is in the way.
 */
export async function writeTransaction(
  repo: StorageRepo,
  trxId: string,
  rev: number,
  { transforms, bases }: PlannedTransaction,
): Promise<void> {
  const blockIds = blockIdsForTransforms(transforms);
  const request = { trxId, rev, transforms, bases, policy: 'f' as const };
  let pended = await repo.pend(request);
  if (!pended.success && pended.code === 'trx-reused') {
    // Left by a version that cut lines in another way; it was never committed, so it may go.
    await repo.cancel({ trxId, blockIds });
    pended = await repo.pend(request);
  }
  if (!pended.success) throw refused(trxId, rev, pended);
  const committed = await repo.commit({ trxId, blockIds, rev });
  if (!committed.success) throw refused(trxId, rev, committed);
}

function refused(trxId: string, rev: number, failure: RepoFailure): CommandError {
  const others = new Set((failure.pending ?? []).map(pending => pending.trxId));
  const way = [...others].map(other => `'blockstrata cancel ${other}'`).join(' and ');
  const hint = others.size === 0 ? '' : `; ${way} would clear the way`;
  return new CommandError(`commit ${trxId} was refused at revision ${rev}: ${failure.reason}${hint}`);
}
