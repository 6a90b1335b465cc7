import {
  at,
  copyBlock,
  copyTransform,
  requireArray,
  requireId,
  requireObject,
  requireRevision,
  type Limits,
  type Transform,
  type Transforms,
  type TrxTransforms,
} from '@blockstrata/db-core';
import { fromPairs, toPairs } from './pairs.js';

/** The transforms of several blocks as they travel. */
export function encodeTransforms({ inserts, updates, deletes }: Transforms): Record<string, unknown> {
  return {
    inserts: inserts === undefined ? undefined : toPairs(inserts, block => block),
    updates: updates === undefined ? undefined : toPairs(updates, operations => operations),
    deletes,
  };
}

/**
 * The transforms of several blocks in their shape only: the repository that they are for checks and copies their content.
 *
 * @throws InvalidRequestError
 */
export function shapeTransforms(value: unknown, path: string, limits: Limits): Transforms {
  const { inserts, updates, deletes } = requireObject(value, path);
  const transforms: Transforms = {};
  if (inserts !== undefined) {
    transforms.inserts = fromPairs(inserts, `${path}.inserts`, limits, same) as NonNullable<Transforms['inserts']>;
  }
  if (updates !== undefined) {
    transforms.updates = fromPairs(updates, `${path}.updates`, limits, same) as NonNullable<Transforms['updates']>;
  }
  if (deletes !== undefined) transforms.deletes = decodeIds(deletes, `${path}.deletes`, limits);
  return transforms;
}

/** The transforms of several blocks, checked and frozen. @throws InvalidRequestError */
export function decodeTransforms(value: unknown, path: string, limits: Limits): Transforms {
  const { inserts, updates, deletes } = requireObject(value, path);
  const transforms: Transforms = {};
  if (inserts !== undefined) {
    transforms.inserts = fromPairs(inserts, `${path}.inserts`, limits, (block, where, id) =>
      copyBlock(block, id, where, limits),
    );
  }
  if (updates !== undefined) {
    transforms.updates = fromPairs(updates, `${path}.updates`, limits, (operations, where, id) => {
      return copyTransform({ updates: operations }, id, where, limits).updates ?? [];
    });
  }
  if (deletes !== undefined) transforms.deletes = decodeIds(deletes, `${path}.deletes`, limits);
  return transforms;
}

/** A transaction with its transforms as it travels. */
export function encodeTrxTransforms({ trxId, rev, transforms }: TrxTransforms): Record<string, unknown> {
  return { trxId, rev, transforms: encodeTransforms(transforms) };
}

/** A transaction with its transforms. @throws InvalidRequestError */
export function decodeTrxTransforms(value: unknown, path: string, limits: Limits): TrxTransforms {
  const { trxId, rev, transforms } = requireObject(value, path);
  const decoded: TrxTransforms = {
    trxId: requireId(trxId, `${path}.trxId`, limits),
    transforms: decodeTransforms(transforms, `${path}.transforms`, limits),
  };
  if (rev !== undefined) decoded.rev = requireRevision(rev, `${path}.rev`);
  return decoded;
}

/** The transform of one block as it travels. */
export function encodeTransform({ insert, updates, delete: deleted }: Transform): Record<string, unknown> {
  return { insert, updates, delete: deleted === true ? true : undefined };
}

/** Several ids. @throws InvalidRequestError */
export function decodeIds(value: unknown, path: string, limits: Limits): string[] {
  return requireArray(value, path, limits.callBlocksMax).map((id, i) => requireId(id, at(path, i), limits));
}

function same(value: unknown): unknown {
  return value;
}
