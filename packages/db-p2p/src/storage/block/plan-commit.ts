import {
  applyTransform,
  PlainObject,
  type BlockId,
  type IBlock,
  type Transform,
  type TrxId,
} from '@blockstrata/db-core';
import type { RawBatch } from '../raw-storage.js';
import type { BlockMetadata, RevisionRecord } from '../records.js';
import { existsAtTip, isHeld, pendingsOf, tipRev } from './head.js';
import { AT_CHECKPOINT, isCheckpointDue, passed } from './retention.js';

/** One block's part in a commit. */
export type BlockCommit = {
  readonly blockId: BlockId;
  readonly head: BlockMetadata;
  /** The block at the tip of `head`. */
  readonly tip: IBlock | undefined;
  readonly trxId: TrxId;
  readonly rev: number;
  readonly transform: Transform;
  readonly checkpointInterval: number;
};

/**
 * Adds to `batch` all that committing one transaction on one block writes: the revision, the transform moved from
 * pending to committed, the new copy in the place of the old, the head. Pure otherwise. Returns the encoded bytes of the
 * new copy.
 *
 * @throws TransformError if the transform does not apply to the tip; `batch` is then as it was.
 */
export function planCommit(commit: BlockCommit, batch: RawBatch): number {
  const { blockId, head, trxId, rev, transform } = commit;
  const block = applyTransform(commit.tip, transform);
  const before = batch.byteLength;
  batch.promotePendingTransaction(blockId, trxId, { transform, rev });
  const transformBytes = batch.byteLength - before;
  if (block !== undefined) batch.saveMaterializedBlock(blockId, trxId, block);
  const copyBytes = batch.byteLength - before - transformBytes;
  if (isHeld(head) && existsAtTip(head) && head.checkpoint !== true) {
    batch.deleteMaterializedBlock(blockId, head.latest.trxId);
  }
  // What starts from an absent block can be replayed from nothing, so it counts as a checkpoint without a copy.
  const since =
    block === undefined || !existsAtTip(head)
      ? AT_CHECKPOINT
      : passed(head.sinceCheckpoint ?? AT_CHECKPOINT, transformBytes);
  const checkpoint = block !== undefined && isCheckpointDue(since, copyBytes, commit.checkpointInterval);
  const revision: RevisionRecord = { trxId, base: tipRev(head) };
  // V8 lets a literal of four members share the hidden classes of `{}`.
  const next: BlockMetadata = Object.assign(new PlainObject(), {
    ranges: head.ranges.length === 0 ? openRange(rev) : head.ranges,
    latest: Object.freeze({ trxId, rev }),
    sinceCheckpoint: checkpoint ? AT_CHECKPOINT : since,
    copyBytes,
  });
  const pendings = pendingsOf(head).filter(pending => pending !== trxId);
  if (pendings.length > 0) next.pendings = Object.freeze(pendings) as TrxId[];
  if (checkpoint) next.checkpoint = revision.checkpoint = true;
  if (block === undefined) next.deleted = revision.deleted = true;
  batch.saveRevision(blockId, rev, revision);
  batch.saveMetadata(blockId, Object.freeze(next));
  return copyBytes;
}

function openRange(rev: number): BlockMetadata['ranges'] {
  const ranges: BlockMetadata['ranges'] = [Object.freeze<[number]>([rev]) as [number]];
  Object.freeze(ranges);
  return ranges;
}
