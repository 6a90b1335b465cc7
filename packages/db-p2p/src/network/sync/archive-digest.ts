import type { BlockId, IBlock, Transform, TrxId } from '@blockstrata/db-core';
import { sha256 } from '#platform';
import { encodeTransform } from '../wire/transforms.js';
import { encodeCbor } from '../wire/encode-cbor.js';

/** One revision as a digest sees it. */
export type DigestedRevision = {
  readonly rev: number;
  readonly base: number | undefined;
  readonly trxId: TrxId;
  readonly transform: Transform;
};

/**
 * The digest of a stretch of history: SHA-256 of the DAG-CBOR of
 * `[blockId, content at the floor, [[rev, base, trxId, transform], …]]`, revisions ascending. The base of the floor is
 * `null`: one who holds nothing below may not know it. A content that is absent is `null`.
 */
export function archiveDigest(
  blockId: BlockId,
  floor: IBlock | undefined,
  revisions: readonly DigestedRevision[],
): Uint8Array {
  const history = revisions.map(({ rev, base, trxId, transform }, i) => [
    rev,
    i === 0 ? null : (base ?? null),
    trxId,
    withoutEmptyUpdates(encodeTransform(transform)),
  ]);
  return sha256(encodeCbor([blockId, floor ?? null, history]));
}

function withoutEmptyUpdates(transform: Record<string, unknown>): Record<string, unknown> {
  return Array.isArray(transform.updates) && transform.updates.length === 0
    ? { ...transform, updates: undefined }
    : transform;
}
