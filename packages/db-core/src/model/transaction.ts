import type { BlockId, IBlock, Transform, Transforms, TrxId } from './block.js';

/** A transaction at the revision it was committed at: an integer from 1 to 2^53 - 1. */
export type TrxRev = { trxId: TrxId; rev: number };

/** A transaction and the blocks of it that a call is about. */
export type TrxBlocks = { trxId: TrxId; blockIds: BlockId[] };

/** What a transaction did, or is to do, to one block. */
export type TrxTransform = { trxId: TrxId; rev?: number; transform: Transform };

/** What a transaction did, or is to do, to several blocks. */
export type TrxTransforms = { trxId: TrxId; rev?: number; transforms: Transforms };

/** A transaction that is pending on a block. */
export type TrxPending = { blockId: BlockId; trxId: TrxId; transform?: Transform };

/**
 * What a read is to be seen through: `rev` pins the revision, `committed` names transactions known to be committed
 * elsewhere, `trxId` overlays the reader's own pending transaction.
 */
export type TrxContext = { rev?: number; committed?: TrxRev[]; trxId?: TrxId };

/** A read of several blocks, answered as one consistent cut. */
export type BlockGets = { blockIds: BlockId[]; context?: TrxContext };

/** Why a block that exists could not be read. */
export type Unavailable = 'unmaterializable' | 'restore-failed';

/** What a read found of one block; `rev` is the revision that `block` was materialised at. */
export type GetBlockResult = {
  block?: IBlock;
  rev?: number;
  state: { latest?: TrxRev; pendings?: TrxId[] };
  unavailable?: Unavailable;
};

/**
 * What to do when other transactions are pending on a block: `'c'` continue and list them, `'f'` fail and list them,
 * `'r'` fail and return them with their transforms, `'w'` wait until they are gone.
 */
export type PendPolicy = 'c' | 'f' | 'r' | 'w';

/** Asks to make a transaction pending; `bases` holds the revision at which the writer read each block (0: absent). */
export type PendRequest = TrxTransforms & { policy: PendPolicy; bases?: Record<BlockId, number> };

/** Asks to commit the pending transaction on these blocks, at this revision. */
export type CommitRequest = TrxBlocks & { rev: number };

/** Why a pend or a commit was refused; stable. */
export type RepoFailureCode = 'stale' | 'pending' | 'missing-pend' | 'missing-base' | 'trx-reused' | 'expired';

/** A refusal that concurrency makes normal. A refused call has changed nothing (INV-8). */
export type RepoFailure = {
  success: false;
  code: RepoFailureCode;
  reason: string;
  /** The transactions that the caller has not seen, oldest first. */
  missing?: TrxTransforms[];
  /** The transactions that are pending in the way. */
  pending?: TrxPending[];
  /** `missing` or `pending` was cut at its limit. */
  truncated?: true;
  staleAt?: { blockId: BlockId; rev: number };
};

/** The answer to a pend; `pending` lists other transactions on the same blocks. */
export type PendResult = { success: true; pending: TrxPending[]; blockIds: BlockId[] } | RepoFailure;

/** The answer to a commit. */
export type CommitResult = { success: true } | RepoFailure;

/** `expiration` is in epoch milliseconds. An abort of `signal` rejects with `signal.reason` itself. */
export type RepoOptions = { signal?: AbortSignal; expiration?: number };

/** What coordinators call, in process or over the network. */
export interface IRepo {
  /** Reads blocks as one consistent cut of tips, pending ids and overlaid pendings. */
  get(gets: BlockGets, options?: RepoOptions): Promise<Record<BlockId, GetBlockResult>>;
  /** Makes a transaction pending on all of its blocks or on none; durable when it resolves with success. */
  pend(request: PendRequest, options?: RepoOptions): Promise<PendResult>;
  /** Commits a pending transaction on all blocks of the call or on none; durable when it resolves with success. */
  commit(request: CommitRequest, options?: RepoOptions): Promise<CommitResult>;
  /** Removes a pending transaction from all blocks of the call; absent ones are no error. */
  cancel(trx: TrxBlocks, options?: RepoOptions): Promise<void>;
}
