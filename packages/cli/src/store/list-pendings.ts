import type { BlockId, TrxId } from '@blockstrata/db-core';
import type { PendingRecord } from '@blockstrata/db-p2p/storage';
import type { Store } from './open-store.js';

/** A transaction that is pending, with all blocks that it waits on. */
export type PendingTransaction = {
  readonly trxId: TrxId;
  /** When it became pending on the first of its blocks, in epoch milliseconds. */
  readonly since: number;
  /** The revision that it asked for. */
  readonly rev: number | null;
  readonly blockIds: readonly BlockId[];
};

/** The transactions that are pending in a store, oldest first; damaged records are left to `verify`. */
export async function listPendings({ storage }: Store, signal: AbortSignal): Promise<PendingTransaction[]> {
  const found = new Map<TrxId, { trxId: TrxId; since: number; rev: number | null; blockIds: BlockId[] }>();
  for await (const { key, record } of storage.scanRecords('pend')) {
    signal.throwIfAborted();
    if (key.kind !== 'pend' || record === undefined) continue;
    const { time, rev } = record as PendingRecord;
    const known = found.get(key.trxId);
    if (known === undefined) {
      found.set(key.trxId, { trxId: key.trxId, since: time, rev: rev ?? null, blockIds: [key.blockId] });
    } else {
      known.since = Math.min(known.since, time);
      known.blockIds.push(key.blockId);
    }
  }
  return [...found.values()].sort((a, b) => a.since - b.since);
}
