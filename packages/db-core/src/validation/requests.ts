import { InvalidRequestError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { BlockId, Transform, TrxId } from '../model/block.js';
import type { PendPolicy, RepoOptions, TrxRev } from '../model/transaction.js';
import { at, requireArray, requireId, requireObject, requireRevision } from './shape.js';
import { copyTransforms } from './transforms.js';

/** What a block is to become in a checked pend; `base` is the revision at which its writer read it. */
export type CheckedChange = { readonly transform: Transform; readonly base: number | undefined };

/** A pend that was checked and copied; its blocks are sorted by id. */
export type CheckedPend = {
  readonly trxId: TrxId;
  readonly rev: number | undefined;
  readonly policy: PendPolicy;
  readonly blocks: ReadonlyMap<BlockId, CheckedChange>;
};

/** A commit or a cancel that was checked; ids are sorted and unique. */
export type CheckedTrxBlocks = { readonly trxId: TrxId; readonly blockIds: readonly BlockId[] };

/** A read that was checked; ids are unique, in the order of the request. */
export type CheckedGets = {
  readonly blockIds: readonly BlockId[];
  readonly rev: number | undefined;
  readonly trxId: TrxId | undefined;
  readonly committed: readonly TrxRev[];
};

const POLICIES: readonly unknown[] = ['c', 'f', 'r', 'w'];

/** Checks and copies a pend. @throws InvalidRequestError */
export function checkPend(value: unknown, limits: Limits): CheckedPend {
  const request = requireObject(value, 'request');
  const trxId = requireId(request.trxId, 'trxId', limits);
  const rev = request.rev === undefined ? undefined : requireRevision(request.rev, 'rev');
  if (!POLICIES.includes(request.policy)) throw new InvalidRequestError('policy', "must be 'c', 'f', 'r' or 'w'");
  const transforms = copyTransforms(request.transforms, 'transforms', limits);
  const bases = checkBases(request.bases, transforms);
  const blocks = new Map<BlockId, CheckedChange>();
  for (const [blockId, transform] of transforms) blocks.set(blockId, { transform, base: bases?.get(blockId) });
  return { trxId, rev, policy: request.policy as PendPolicy, blocks };
}

/** Checks a commit. @throws InvalidRequestError */
export function checkCommit(value: unknown, limits: Limits): CheckedTrxBlocks & { readonly rev: number } {
  const request = requireObject(value, 'request');
  const { trxId, blockIds } = checkTrxBlocks(request, limits);
  return { trxId, blockIds, rev: requireRevision(request.rev, 'rev') };
}

/** Checks a cancel. @throws InvalidRequestError */
export function checkTrxBlocks(value: unknown, limits: Limits): CheckedTrxBlocks {
  const request = requireObject(value, 'request');
  const trxId = requireId(request.trxId, 'trxId', limits);
  const blockIds = checkBlockIds(request.blockIds, 'blockIds', limits);
  return { trxId, blockIds: blockIds.length < 2 ? blockIds : [...blockIds].sort() };
}

/** Checks a read. @throws InvalidRequestError */
export function checkGets(value: unknown, limits: Limits): CheckedGets {
  const request = requireObject(value, 'request');
  const blockIds = checkBlockIds(request.blockIds, 'blockIds', limits);
  if (request.context === undefined) return { blockIds, rev: undefined, trxId: undefined, committed: [] };
  const { rev, trxId, committed } = requireObject(request.context, 'context');
  return {
    blockIds,
    rev: rev === undefined ? undefined : requireRevision(rev, 'context.rev', 0),
    trxId: trxId === undefined ? undefined : requireId(trxId, 'context.trxId', limits),
    committed: committed === undefined ? [] : checkCommitted(committed, limits),
  };
}

/** Checks ids of blocks; repeated ones count once. @throws InvalidRequestError */
export function checkBlockIds(value: unknown, path: string, limits: Limits): BlockId[] {
  const blockIds = requireArray(value, path, limits.callBlocksMax);
  if (blockIds.length === 1) return [requireId(blockIds[0], at(path, 0), limits)];
  return [...new Set(blockIds.map((blockId, i) => requireId(blockId, at(path, i), limits)))];
}

/** Checks the options of a call. @throws InvalidRequestError */
export function checkRepoOptions(options: RepoOptions | undefined): RepoOptions {
  if (options === undefined) return NO_OPTIONS;
  const { expiration, signal } = requireObject(options, 'options');
  if (expiration !== undefined && (typeof expiration !== 'number' || Number.isNaN(expiration))) {
    throw new InvalidRequestError('options.expiration', 'must be a time in epoch milliseconds');
  }
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.aborted !== 'boolean') {
    throw new InvalidRequestError('options.signal', 'must be an AbortSignal');
  }
  return options;
}

const NO_OPTIONS: RepoOptions = Object.freeze({});

function checkBases(value: unknown, blocks: ReadonlyMap<BlockId, unknown>): Map<BlockId, number> | undefined {
  if (value === undefined) return undefined;
  const record = requireObject(value, 'bases');
  const bases = new Map<BlockId, number>();
  for (const blockId of Object.keys(record)) {
    if (!blocks.has(blockId)) throw new InvalidRequestError(at('bases', blockId), 'is no block of the transforms');
    bases.set(blockId, requireRevision(record[blockId], at('bases', blockId), 0));
  }
  return bases;
}

function checkCommitted(value: unknown, limits: Limits): TrxRev[] {
  return requireArray(value, 'context.committed', limits.callBlocksMax).map((entry, i) => {
    const path = at('context.committed', i);
    const { trxId, rev } = requireObject(entry, path);
    return { trxId: requireId(trxId, `${path}.trxId`, limits), rev: requireRevision(rev, `${path}.rev`) };
  });
}
