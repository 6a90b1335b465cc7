import {
  at,
  copyBlock,
  copyTransform,
  InvalidRequestError,
  requireArray,
  requireId,
  requireObject,
  requireRevision,
  type BlockId,
  type CommitResult,
  type GetBlockResult,
  type Limits,
  type PendResult,
  type RepoFailure,
  type RepoFailureCode,
  type TrxPending,
  type Unavailable,
} from '@blockstrata/db-core';
import type { LogEntry } from '../../storage/records.js';
import { requireCount } from '../rpc/envelope.js';
import { fromPairs, requireTuple, toPairs } from '../wire/pairs.js';
import { decodeIds, decodeTrxTransforms, encodeTransform, encodeTrxTransforms } from '../wire/transforms.js';

/** What a `get` is answered with. */
export function encodeGetResults(results: Record<BlockId, GetBlockResult>): unknown {
  return toPairs(results, ({ block, rev, state, unavailable }) => ({
    block,
    rev,
    latest: state.latest === undefined ? undefined : [state.latest.trxId, state.latest.rev],
    pendings: state.pendings,
    unavailable,
  }));
}

/** @throws InvalidRequestError also where a block is missing that was asked for, or is there that was not. */
export function decodeGetResults(
  value: unknown,
  blockIds: readonly BlockId[],
  limits: Limits,
): Record<BlockId, GetBlockResult> {
  const found = fromPairs(value, 'answer', limits, (result, path, id) => decodeGetResult(result, path, id, limits));
  const asked = new Set(blockIds);
  if (Object.keys(found).length !== asked.size) throw new InvalidRequestError('answer', 'is about other blocks');
  for (const blockId of asked) {
    if (!(blockId in found)) throw new InvalidRequestError('answer', `lacks ${JSON.stringify(blockId)}`);
  }
  return found;
}

/** What a `pend` is answered with. */
export function encodePendResult(result: PendResult): unknown {
  if (!result.success) return encodeFailure(result);
  return { pending: result.pending.map(encodePending), blockIds: result.blockIds };
}

/** @throws InvalidRequestError */
export function decodePendResult(value: unknown, limits: Limits): PendResult {
  const { failure, pending, blockIds } = requireObject(value, 'answer');
  if (failure !== undefined) return decodeFailure(failure, limits);
  return {
    success: true,
    pending: decodePendings(pending, 'answer.pending', limits),
    blockIds: decodeIds(blockIds, 'answer.blockIds', limits),
  };
}

/** What a `commit` is answered with. */
export function encodeCommitResult(result: CommitResult): unknown {
  return result.success ? {} : encodeFailure(result);
}

/** @throws InvalidRequestError */
export function decodeCommitResult(value: unknown, limits: Limits): CommitResult {
  const { failure } = requireObject(value, 'answer');
  return failure === undefined ? { success: true } : decodeFailure(failure, limits);
}

/** An entry of the change feed as it travels. */
export function encodeLogEntry({ seq, kind, trxId, rev, blockIds, time, prev }: LogEntry): unknown {
  return { seq, kind, trxId, rev, blockIds, time, prev };
}

/** @throws InvalidRequestError */
export function decodeLogEntry(value: unknown, limits: Limits): LogEntry {
  const { seq, kind, trxId, rev, blockIds, time, prev } = requireObject(value, 'entry');
  if (kind !== 'commit' && kind !== 'restore') throw new InvalidRequestError('entry.kind', 'is not known');
  if (!(prev instanceof Uint8Array) || prev.length !== 32) throw new InvalidRequestError('entry.prev', 'is no digest');
  return {
    seq: requireCount(seq, 'entry.seq', 1),
    kind,
    trxId: requireId(trxId, 'entry.trxId', limits),
    rev: requireRevision(rev, 'entry.rev'),
    blockIds: decodeIds(blockIds, 'entry.blockIds', limits),
    time: requireCount(time, 'entry.time', 0),
    prev,
  };
}

function decodeGetResult(value: unknown, path: string, blockId: BlockId, limits: Limits): GetBlockResult {
  const { block, rev, latest, pendings, unavailable } = requireObject(value, path);
  const result: GetBlockResult = { state: {} };
  if (block !== undefined) result.block = copyBlock(block, blockId, `${path}.block`, limits);
  if (rev !== undefined) result.rev = requireRevision(rev, `${path}.rev`);
  if (pendings !== undefined) result.state.pendings = decodeIds(pendings, `${path}.pendings`, limits);
  if (latest !== undefined) {
    const pair = requireTuple(latest, `${path}.latest`, 2);
    const trxId = requireId(pair[0], `${path}.latest[0]`, limits);
    result.state.latest = { trxId, rev: requireRevision(pair[1], `${path}.latest[1]`) };
  }
  if (unavailable !== undefined) result.unavailable = decodeUnavailable(unavailable, path);
  return result;
}

function decodeUnavailable(value: unknown, path: string): Unavailable {
  if (value === 'unmaterializable' || value === 'restore-failed') return value;
  throw new InvalidRequestError(`${path}.unavailable`, 'is not known');
}

function encodePending({ blockId, trxId, transform }: TrxPending): unknown {
  return { blockId, trxId, transform: transform === undefined ? undefined : encodeTransform(transform) };
}

function decodePendings(value: unknown, path: string, limits: Limits): TrxPending[] {
  return requireArray(value, path, limits.listedPendingsMax).map((entry, i) => {
    const where = at(path, i);
    const { blockId: rawId, trxId, transform } = requireObject(entry, where);
    const blockId = requireId(rawId, `${where}.blockId`, limits);
    const pending: TrxPending = { blockId, trxId: requireId(trxId, `${where}.trxId`, limits) };
    if (transform !== undefined) pending.transform = copyTransform(transform, blockId, `${where}.transform`, limits);
    return pending;
  });
}

function encodeFailure({ code, missing, pending, truncated, staleAt }: RepoFailure): unknown {
  const failure = {
    code,
    missing: missing?.map(encodeTrxTransforms),
    pending: pending?.map(encodePending),
    truncated,
    staleAt: staleAt === undefined ? undefined : [staleAt.blockId, staleAt.rev],
  };
  return { failure };
}

/** The reason is worded here: text that a peer chose never reaches a log or a person (design §7). */
const REASONS: Record<RepoFailureCode, string> = {
  stale: 'a block has moved on at the peer',
  pending: 'another transaction is pending at the peer',
  'missing-pend': 'the transaction is not pending at the peer',
  'missing-base': 'the peer lacks the revision that the transaction builds on',
  'trx-reused': 'the transaction id is in use for something else at the peer',
  expired: 'the request expired at the peer',
};

function decodeFailure(value: unknown, limits: Limits): RepoFailure {
  const path = 'answer.failure';
  const { code, missing, pending, truncated, staleAt } = requireObject(value, path);
  if (typeof code !== 'string' || !Object.hasOwn(REASONS, code))
    throw new InvalidRequestError(`${path}.code`, 'is not known');
  const failure: RepoFailure = {
    success: false,
    code: code as RepoFailureCode,
    reason: REASONS[code as RepoFailureCode],
  };
  if (missing !== undefined) {
    failure.missing = requireArray(missing, `${path}.missing`, limits.missingTrxsMax).map((entry, i) =>
      decodeTrxTransforms(entry, at(`${path}.missing`, i), limits),
    );
  }
  if (pending !== undefined) failure.pending = decodePendings(pending, `${path}.pending`, limits);
  if (truncated === true) failure.truncated = true;
  if (staleAt !== undefined) {
    const pair = requireTuple(staleAt, `${path}.staleAt`, 2);
    failure.staleAt = {
      blockId: requireId(pair[0], path, limits),
      rev: requireRevision(pair[1], `${path}.staleAt[1]`),
    };
  }
  return failure;
}
