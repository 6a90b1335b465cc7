import type { BlockMetadata } from '../records.js';

/** How many revisions may pass without a kept copy, unless a BlockStorage is told otherwise. */
export const DEFAULT_CHECKPOINT_INTERVAL = 32;

/** What a kept copy costs beside its own bytes: a key and a frame. */
const COPY_OVERHEAD_BYTES = 128;

/** Revisions since the last kept copy, and the bytes of their transforms. */
export type SinceCheckpoint = NonNullable<BlockMetadata['sinceCheckpoint']>;

/** Nothing has passed. */
export const AT_CHECKPOINT: SinceCheckpoint = Object.freeze({ revisions: 0, bytes: 0 });

/** The count after one more revision. */
export function passed(since: SinceCheckpoint, transformBytes: number): SinceCheckpoint {
  return Object.freeze({ revisions: since.revisions + 1, bytes: since.bytes + transformBytes });
}

/**
 * Whether the copy here is to be kept for good: `interval` revisions, or transforms that outweigh a copy, have passed.
 * So a read of any revision replays at most `interval` transforms, and copies at most double what history takes up.
 */
export function isCheckpointDue(since: SinceCheckpoint, copyBytes: number, interval: number): boolean {
  return since.revisions >= interval || since.bytes > copyBytes + COPY_OVERHEAD_BYTES;
}
