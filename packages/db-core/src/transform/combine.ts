import { TransformError } from '../errors.js';
import type { BlockId, BlockOperation, IBlock, Transform, Transforms } from '../model/block.js';

/** What `transforms` does to one block; empty where it does nothing. */
export function transformForBlockId(transforms: Transforms, blockId: BlockId): Transform {
  const transform: Transform = {};
  const insert = own(transforms.inserts, blockId);
  const updates = own(transforms.updates, blockId);
  if (insert !== undefined) transform.insert = insert;
  if (updates !== undefined) transform.updates = updates;
  if (transforms.deletes?.includes(blockId)) transform.delete = true;
  return transform;
}

/** The blocks that `transforms` touches, each once. */
export function blockIdsForTransforms(transforms: Transforms): BlockId[] {
  return [
    ...new Set([
      ...Object.keys(transforms.inserts ?? {}),
      ...Object.keys(transforms.updates ?? {}),
      ...(transforms.deletes ?? []),
    ]),
  ];
}

/** The transforms of several blocks, from the transform of each. */
export function transformsFromBlocks(blocks: Iterable<readonly [BlockId, Transform]>): Transforms {
  const inserts = nullRecord<IBlock>();
  const updates = nullRecord<BlockOperation[]>();
  const deletes: BlockId[] = [];
  for (const [blockId, transform] of blocks) {
    if (transform.insert !== undefined) inserts[blockId] = transform.insert;
    if (transform.updates !== undefined) updates[blockId] = transform.updates;
    if (transform.delete === true) deletes.push(blockId);
  }
  const transforms: Transforms = {};
  if (Object.keys(inserts).length > 0) transforms.inserts = inserts;
  if (Object.keys(updates).length > 0) transforms.updates = updates;
  if (deletes.length > 0) transforms.deletes = deletes;
  return transforms;
}

/**
 * One set of transforms that does what all of these do, one after the other.
 *
 * @throws TransformError where one set cannot say it: a block is changed after it was deleted, or inserted after an
 * earlier one touched it.
 */
export function concatTransforms(...sets: Transforms[]): Transforms {
  const blocks = new Map<BlockId, Transform>();
  for (const set of sets) {
    for (const blockId of blockIdsForTransforms(set)) {
      const next = transformForBlockId(set, blockId);
      const before = blocks.get(blockId);
      blocks.set(blockId, before === undefined ? next : concatTransform(before, next));
    }
  }
  return transformsFromBlocks(blocks);
}

function concatTransform(first: Transform, second: Transform): Transform {
  if (first.delete === true) throw new TransformError('a block is changed after it was deleted');
  if (second.insert !== undefined)
    throw new TransformError('a block is inserted after an earlier transform touched it');
  const updates = [...(first.updates ?? []), ...(second.updates ?? [])];
  return {
    ...first,
    ...(updates.length > 0 ? { updates } : {}),
    ...(second.delete === true ? { delete: true } : {}),
  };
}

function own<T>(record: Record<string, T> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

function nullRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
