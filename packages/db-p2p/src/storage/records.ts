import type { BlockId, IBlock, RevisionRange, Transform, TrxId, TrxRev, TrxTransform } from '@blockstrata/db-core';

/**
 * The head of a block: the one record that says what is held of it. Everything that a pend, a commit or a read of the
 * tip decides on is in it.
 */
export type BlockMetadata = {
  /** What is held, sorted; a range starts at a held revision that has base 0 or a kept copy; only the last is open. */
  ranges: RevisionRange[];
  latest?: TrxRev;
  /** The tip is a tombstone: it has no copy. */
  deleted?: boolean;
  /** The copy at the tip stays when the tip moves on. */
  checkpoint?: boolean;
  /** Revisions since the last kept copy, and the bytes of their transforms; they decide when the next one is kept. */
  sinceCheckpoint?: { revisions: number; bytes: number };
  /** Encoded bytes of the copy at the tip. */
  copyBytes?: number;
  /** The transactions that are pending, oldest first. */
  pendings?: TrxId[];
};

/** One committed revision of a block. */
export type RevisionRecord = {
  trxId: TrxId;
  /** The block's revision before this one; 0: none; absent: unknown, as at the floor of a restored range. */
  base?: number;
  /** A copy is kept here for good. */
  checkpoint?: boolean;
  /** The block is absent from here on. */
  deleted?: boolean;
};

/** A revision with its number. */
export type NumberedRevision = RevisionRecord & { rev: number };

/** A transform that is pending on a block, and what it was checked against. */
export type PendingRecord = {
  transform: Transform;
  /** The revision that the transaction asked for. */
  rev?: number;
  /** The revision at which its writer read the block; 0: absent. */
  base?: number;
  /** When it became pending, in epoch milliseconds. */
  time: number;
};

/** A transform that was committed on a block, at `rev`. */
export type TrxRecord = { transform: Transform; rev: number };

/** What an entry of the commit log tells of. */
export type LogKind = 'commit' | 'restore';

/** One entry of the commit log: one commit call, or one installed archive. */
export type LogEntry = {
  /** 1, 2, 3, … without a hole. */
  seq: number;
  kind: LogKind;
  /** The transaction; for a restore, that of the highest revision that it brought. */
  trxId: TrxId;
  rev: number;
  blockIds: BlockId[];
  /** Epoch milliseconds. */
  time: number;
  /** SHA-256 of the stored bytes of the entry before this one; 32 zeroes for the first. Local to a store. */
  prev: Uint8Array;
};

/** What a writer says of a log entry; the kernel adds the rest. */
export type LogDraft = Omit<LogEntry, 'seq' | 'prev'>;

/** The revisions of an archive by number; `base` is the block's revision before that one, `block` a copy. */
export type ArchiveRevisions = Record<number, { trx: TrxTransform; base?: number; block?: IBlock }>;
