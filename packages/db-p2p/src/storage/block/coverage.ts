import { rangeAt, type BlockId, type RevisionRange } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata } from '../records.js';

/**
 * What is known of a block at a revision: it lies in a range that is held; or it is known to be absent there, below the
 * first range, which starts with its first revision; or it is not known.
 */
export type Coverage =
  { readonly kind: 'held' | 'absent'; readonly range: RevisionRange } | { readonly kind: 'unknown' };

/** What a head says about a revision. */
export async function coverageOf(
  storage: IRawStorage,
  blockId: BlockId,
  head: BlockMetadata | undefined,
  rev: number,
): Promise<Coverage> {
  const range = rangeAt(head?.ranges ?? [], rev);
  if (range !== undefined) return { kind: 'held', range };
  const lowest = head?.ranges[0];
  if (lowest === undefined || rev > lowest[0]) return { kind: 'unknown' };
  const floor = await storage.getRevision(blockId, lowest[0]);
  return floor?.base === 0 ? { kind: 'absent', range: lowest } : { kind: 'unknown' };
}
