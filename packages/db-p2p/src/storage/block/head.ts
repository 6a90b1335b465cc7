import type { BlockId, TrxId } from '@blockstrata/db-core';
import type { BlockMetadata } from '../records.js';

const NO_PENDINGS: readonly TrxId[] = Object.freeze([]);

/** The pending transactions of a block, oldest first. */
export function pendingsOf(head: BlockMetadata | undefined): readonly TrxId[] {
  return head?.pendings ?? NO_PENDINGS;
}

/** Whether a revision of the block is held, a tombstone included. */
export function isHeld(
  head: BlockMetadata | undefined,
): head is BlockMetadata & { latest: { rev: number; trxId: TrxId } } {
  return head?.latest !== undefined;
}

/** Whether the tip that is held is a block, not a tombstone. */
export function existsAtTip(head: BlockMetadata | undefined): boolean {
  return isHeld(head) && head.deleted !== true;
}

/** The revision of the tip; 0 where none is held. */
export function tipRev(head: BlockMetadata | undefined): number {
  return head?.latest?.rev ?? 0;
}

/** The head with one more pending transaction. */
export function withPending(head: BlockMetadata | undefined, trxId: TrxId): BlockMetadata {
  const pendings = Object.freeze([...pendingsOf(head), trxId]) as TrxId[];
  return Object.freeze({ ranges: NO_RANGES, ...head, pendings });
}

/** The head without these pending transactions. */
export function withoutPendings(head: BlockMetadata, trxIds: ReadonlySet<TrxId>): BlockMetadata {
  const left = pendingsOf(head).filter(trxId => !trxIds.has(trxId));
  const { pendings: _, ...rest } = head;
  return Object.freeze(left.length === 0 ? rest : { ...rest, pendings: Object.freeze(left) as TrxId[] });
}

/** Whether a head says nothing any more: the block is as if never seen. */
export function isBlank(head: BlockMetadata): boolean {
  return head.latest === undefined && head.ranges.length === 0 && pendingsOf(head).length === 0;
}

/** Names a block in a message. */
export function quoted(blockId: BlockId): string {
  return JSON.stringify(blockId);
}

const NO_RANGES: BlockMetadata['ranges'] = [];
Object.freeze(NO_RANGES);
