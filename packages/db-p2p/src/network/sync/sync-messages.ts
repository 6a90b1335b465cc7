import {
  InvalidRequestError,
  requireArray,
  requireId,
  requireObject,
  requireRevision,
  type BlockId,
  type Limits,
  type TrxId,
  type TrxRev,
  type TrxTransforms,
} from '@blockstrata/db-core';
import { fromPairs, requireTuple, toPairs } from '../wire/pairs.js';
import { decodeTrxTransforms, encodeTrxTransforms } from '../wire/transforms.js';
import { DEFLATE } from './sync-protocol.js';

/** Which archive is wanted. */
export type ArchiveRequest = {
  readonly blockId: BlockId;
  /** The revision to cover; `undefined`: the newest. */
  readonly rev: number | undefined;
  /** Nothing is needed at or below this revision. */
  readonly above: number | undefined;
  readonly deflate: boolean;
  readonly pendings: boolean;
};

/** What an archive begins with. */
export type ArchiveHead = {
  /** Exclusive end of the range; `undefined`: up to the newest. */
  readonly end: number | undefined;
  readonly pending: Record<TrxId, TrxTransforms> | undefined;
};

/** What one node holds of a block between two revisions. */
export type DigestAnswer = {
  readonly floor: number;
  /** The block's revision before the floor; `undefined`: not known. */
  readonly floorBase: number | undefined;
  readonly top: number;
  readonly end: number | undefined;
  readonly digest: Uint8Array;
};

/** The body of an `archive`. */
export function encodeArchiveRequest({
  blockId,
  rev,
  above,
  deflate,
  pendings,
}: ArchiveRequest): Record<string, unknown> {
  return { blockId, rev, above, compress: deflate ? [DEFLATE] : undefined, pendings: pendings ? true : undefined };
}

/** @throws InvalidRequestError */
export function decodeArchiveRequest(body: Record<string, unknown>, limits: Limits): ArchiveRequest {
  const compress = body.compress === undefined ? [] : requireArray(body.compress, 'compress', 16);
  return {
    blockId: requireId(body.blockId, 'blockId', limits),
    rev: body.rev === undefined ? undefined : requireRevision(body.rev, 'rev'),
    above: body.above === undefined ? undefined : requireRevision(body.above, 'above', 0),
    deflate: compress.includes(DEFLATE),
    pendings: body.pendings === true,
  };
}

/** The first part of an archive. */
export function encodeArchiveHead({ end, pending }: ArchiveHead): unknown {
  return { end, pending: pending === undefined ? undefined : toPairs(pending, encodeTrxTransforms) };
}

/** @throws InvalidRequestError */
export function decodeArchiveHead(value: unknown, limits: Limits): ArchiveHead {
  const { end, pending } = requireObject(value, 'archive');
  return {
    end: end === undefined ? undefined : requireRevision(end, 'archive.end'),
    pending:
      pending === undefined
        ? undefined
        : fromPairs(pending, 'archive.pending', limits, (trx, path) => decodeTrxTransforms(trx, path, limits)),
  };
}

/** What a `digest` is answered with. */
export function encodeDigestAnswer(answer: DigestAnswer | undefined): unknown {
  return answer === undefined ? null : { ...answer };
}

/** @throws InvalidRequestError */
export function decodeDigestAnswer(value: unknown): DigestAnswer | undefined {
  if (value === null) return undefined;
  const { floor, floorBase, top, end, digest } = requireObject(value, 'digest');
  if (!(digest instanceof Uint8Array) || digest.length !== 32)
    throw new InvalidRequestError('digest.digest', 'is no digest');
  const from = requireRevision(floor, 'digest.floor');
  return {
    floor: from,
    floorBase: floorBase === undefined ? undefined : requireRevision(floorBase, 'digest.floorBase', 0),
    top: requireRevision(top, 'digest.top', from),
    end: end === undefined ? undefined : requireRevision(end, 'digest.end', from + 1),
    digest,
  };
}

/** What a `head` is answered with: the newest revision that is held. */
export function encodeHeadAnswer(latest: TrxRev | undefined): unknown {
  return latest === undefined ? null : [latest.trxId, latest.rev];
}

/** @throws InvalidRequestError */
export function decodeHeadAnswer(value: unknown, limits: Limits): TrxRev | undefined {
  if (value === null) return undefined;
  const pair = requireTuple(value, 'head', 2);
  return { trxId: requireId(pair[0], 'head[0]', limits), rev: requireRevision(pair[1], 'head[1]') };
}
