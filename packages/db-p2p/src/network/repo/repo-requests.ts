import {
  at,
  requireArray,
  requireId,
  requireObject,
  requireRevision,
  transformsFromBlocks,
  type BlockGets,
  type CheckedGets,
  type CheckedPend,
  type CheckedTrxBlocks,
  type CommitRequest,
  type Limits,
  type PendRequest,
  type TrxBlocks,
  type TrxContext,
} from '@blockstrata/db-core';
import { requireCount } from '../rpc/envelope.js';
import { fromPairs, requireTuple } from '../wire/pairs.js';
import { decodeIds, encodeTransforms, shapeTransforms } from '../wire/transforms.js';

/** The body of a `get`; it shares nothing with what the caller passed (INV-13). */
export function encodeGets({ blockIds, rev, trxId, committed }: CheckedGets): Record<string, unknown> {
  const entries = committed.length === 0 ? undefined : committed.map(entry => [entry.trxId, entry.rev]);
  const hasContext = rev !== undefined || trxId !== undefined || entries !== undefined;
  return { blockIds, context: hasContext ? { rev, committed: entries, trxId } : undefined };
}

/** @throws InvalidRequestError */
export function decodeGets(body: Record<string, unknown>, limits: Limits): BlockGets {
  const gets: BlockGets = { blockIds: decodeIds(body.blockIds, 'blockIds', limits) };
  if (body.context !== undefined) gets.context = decodeContext(body.context, limits);
  return gets;
}

/** The body of a `pend`; it shares nothing with what the caller passed (INV-13). */
export function encodePend({ trxId, rev, policy, blocks }: CheckedPend): Record<string, unknown> {
  const changes = [...blocks];
  const bases = changes.flatMap(([blockId, { base }]) => (base === undefined ? [] : [[blockId, base]]));
  return {
    trxId,
    rev,
    transforms: encodeTransforms(transformsFromBlocks(changes.map(([blockId, { transform }]) => [blockId, transform]))),
    policy,
    bases: bases.length === 0 ? undefined : bases,
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
export function encodeCommit({
  trxId,
  blockIds,
  rev,
}: CheckedTrxBlocks & { readonly rev: number }): Record<string, unknown> {
  return { trxId, blockIds, rev };
}

/** @throws InvalidRequestError */
export function decodeCommit(body: Record<string, unknown>, limits: Limits): CommitRequest {
  return { ...decodeTrxBlocks(body, limits), rev: requireRevision(body.rev, 'rev') };
}

/** The body of a `cancel`. */
export function encodeTrxBlocks({ trxId, blockIds }: CheckedTrxBlocks): Record<string, unknown> {
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
