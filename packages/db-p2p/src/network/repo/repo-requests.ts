import {
  at,
  requireArray,
  requireId,
  requireObject,
  requireRevision,
  type BlockGets,
  type CommitRequest,
  type Limits,
  type PendRequest,
  type TrxBlocks,
  type TrxContext,
} from '@blockstrata/db-core';
import { requireCount } from '../rpc/envelope.js';
import { fromPairs, requireTuple, toPairs } from '../wire/pairs.js';
import { decodeIds, encodeTransforms, shapeTransforms } from '../wire/transforms.js';

/** The body of a `get`. */
export function encodeGets({ blockIds, context }: BlockGets): Record<string, unknown> {
  if (context === undefined) return { blockIds };
  const { rev, committed, trxId } = context;
  return { blockIds, context: { rev, committed: committed?.map(entry => [entry.trxId, entry.rev]), trxId } };
}

/** @throws InvalidRequestError */
export function decodeGets(body: Record<string, unknown>, limits: Limits): BlockGets {
  const gets: BlockGets = { blockIds: decodeIds(body.blockIds, 'blockIds', limits) };
  if (body.context !== undefined) gets.context = decodeContext(body.context, limits);
  return gets;
}

/** The body of a `pend`. */
export function encodePend({ trxId, rev, transforms, policy, bases }: PendRequest): Record<string, unknown> {
  return {
    trxId,
    rev,
    transforms: encodeTransforms(transforms),
    policy,
    bases: bases === undefined ? undefined : toPairs(bases, base => base),
  };
}

/** @throws InvalidRequestError */
export function decodePend(body: Record<string, unknown>, limits: Limits): PendRequest {
  const request: PendRequest = {
    trxId: requireId(body.trxId, 'trxId', limits),
    transforms: shapeTransforms(body.transforms, 'transforms', limits),
    // The repository refuses what is no policy.
    policy: body.policy as PendRequest['policy'],
  };
  if (body.rev !== undefined) request.rev = requireRevision(body.rev, 'rev');
  if (body.bases !== undefined) {
    request.bases = fromPairs(body.bases, 'bases', limits, (base, path) => requireRevision(base, path, 0));
  }
  return request;
}

/** The body of a `commit`. */
export function encodeCommit({ trxId, blockIds, rev }: CommitRequest): Record<string, unknown> {
  return { trxId, blockIds, rev };
}

/** @throws InvalidRequestError */
export function decodeCommit(body: Record<string, unknown>, limits: Limits): CommitRequest {
  return { ...decodeTrxBlocks(body, limits), rev: requireRevision(body.rev, 'rev') };
}

/** The body of a `cancel`. */
export function encodeTrxBlocks({ trxId, blockIds }: TrxBlocks): Record<string, unknown> {
  return { trxId, blockIds };
}

/** @throws InvalidRequestError */
export function decodeTrxBlocks(body: Record<string, unknown>, limits: Limits): TrxBlocks {
  return { trxId: requireId(body.trxId, 'trxId', limits), blockIds: decodeIds(body.blockIds, 'blockIds', limits) };
}

/** The time left of a request that carries one, from its arrival. @throws InvalidRequestError */
export function decodeExpiresInMs(body: Record<string, unknown>): number | undefined {
  return body.expiresInMs === undefined ? undefined : requireCount(body.expiresInMs, 'expiresInMs', 0);
}

function decodeContext(value: unknown, limits: Limits): TrxContext {
  const { rev, committed, trxId } = requireObject(value, 'context');
  const context: TrxContext = {};
  if (rev !== undefined) context.rev = requireRevision(rev, 'context.rev', 0);
  if (trxId !== undefined) context.trxId = requireId(trxId, 'context.trxId', limits);
  if (committed !== undefined) {
    context.committed = requireArray(committed, 'context.committed', limits.callBlocksMax).map((entry, i) => {
      const path = at('context.committed', i);
      const pair = requireTuple(entry, path, 2);
      return { trxId: requireId(pair[0], `${path}[0]`, limits), rev: requireRevision(pair[1], `${path}[1]`) };
    });
  }
  return context;
}
