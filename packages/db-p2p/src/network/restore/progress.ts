import type { BlockId, BlockstrataError } from '@blockstrata/db-core';

/** What a restoration is doing. */
export type RestoreProgress =
  /** So many peers may have the block. */
  | { readonly type: 'holders'; readonly blockId: BlockId; readonly holders: number }
  /** A peer was asked for an archive. */
  | { readonly type: 'asked'; readonly blockId: BlockId; readonly peer: string }
  /** So many revisions have arrived from a peer. */
  | { readonly type: 'chunk'; readonly blockId: BlockId; readonly peer: string; readonly revisions: number }
  /** A peer's answer was refused, or did not come. */
  | { readonly type: 'refused'; readonly blockId: BlockId; readonly peer: string; readonly error: BlockstrataError }
  /** These peers agree; the archive is handed over for installation. */
  | {
      readonly type: 'agreed';
      readonly blockId: BlockId;
      readonly peers: readonly string[];
      readonly revisions: number;
    };
