import type { BlockId, RevisionRange, TrxId, TrxTransforms } from '@blockstrata/db-core';
import type { ArchiveRevisions } from '../records.js';

/**
 * A stretch of one block's history as it travels between peers: every revision from the first to the last one in
 * `range`. The first has base 0, or comes with a copy.
 */
export type BlockArchive = {
  blockId: BlockId;
  revisions: ArchiveRevisions;
  /** No end: up to the newest that its maker knew of. */
  range: RevisionRange;
  /** Transactions that its maker had pending; never installed (INV-11). */
  pending?: Record<TrxId, TrxTransforms>;
};

/**
 * Fetches a stretch of history that covers `rev` (without `rev`: the newest there is) from wherever it can be had.
 * `undefined` means that it was not found, which does not prove that it does not exist.
 */
export type RestoreCallback = (
  blockId: BlockId,
  rev?: number,
  options?: { signal?: AbortSignal },
) => Promise<BlockArchive | undefined>;
