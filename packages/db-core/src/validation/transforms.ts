import { ContentProblem, copyContent } from '../content.js';
import { InvalidRequestError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { BlockId, BlockOperation, IBlock, Transform } from '../model/block.js';
import { PlainObject } from '../plain-object.js';
import { at, requireArray, requireId, requireObject } from './shape.js';

/**
 * Frozen copies of the transforms of a request, by block and in sorted order of the ids.
 *
 * @throws InvalidRequestError with the path to the first offending value.
 */
export function copyTransforms(value: unknown, path: string, limits: Limits): Map<BlockId, Transform> {
  const transforms = requireObject(value, path);
  const blocks = new Map<BlockId, Transform>();
  const transformOf = (blockId: unknown, where: string): Transform => {
    const id = requireId(blockId, where, limits);
    let transform = blocks.get(id);
    if (transform === undefined) blocks.set(id, (transform = new PlainObject()));
    return transform;
  };
  forEachEntry(transforms.inserts, `${path}.inserts`, (blockId, insert, where) => {
    transformOf(blockId, where).insert = copyBlock(insert, blockId, where, limits);
  });
  forEachEntry(transforms.updates, `${path}.updates`, (blockId, updates, where) => {
    transformOf(blockId, where).updates = copyOperations(updates, where, limits);
  });
  if (transforms.deletes !== undefined) {
    requireArray(transforms.deletes, `${path}.deletes`, limits.callBlocksMax).forEach((blockId, i) => {
      transformOf(blockId, at(`${path}.deletes`, i)).delete = true;
    });
  }
  if (blocks.size > limits.callBlocksMax) {
    throw new InvalidRequestError(path, `touches ${blocks.size} blocks: ${limits.callBlocksMax} at most`);
  }
  for (const transform of blocks.values()) Object.freeze(transform);
  return blocks.size < 2 ? blocks : new Map([...blocks].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A frozen copy of the transform of one block. */
export function copyTransform(value: unknown, blockId: BlockId, path: string, limits: Limits): Transform {
  const source = requireObject(value, path);
  const transform: Transform = new PlainObject();
  if (source.insert !== undefined) transform.insert = copyBlock(source.insert, blockId, `${path}.insert`, limits);
  if (source.updates !== undefined) transform.updates = copyOperations(source.updates, `${path}.updates`, limits);
  if (source.delete !== undefined) {
    if (typeof source.delete !== 'boolean') throw new InvalidRequestError(`${path}.delete`, 'must be a boolean');
    if (source.delete) transform.delete = true;
  }
  return Object.freeze(transform);
}

/** A frozen copy of a block, which must be the one that `blockId` names. */
export function copyBlock(value: unknown, blockId: BlockId, path: string, limits: Limits): IBlock {
  const block = requireObject(value, path);
  const header = requireObject(block.header, `${path}.header`);
  requireId(header.id, `${path}.header.id`, limits);
  if (header.id !== blockId) throw new InvalidRequestError(`${path}.header.id`, `must be ${JSON.stringify(blockId)}`);
  if (typeof header.type !== 'string') throw new InvalidRequestError(`${path}.header.type`, 'must be a string');
  requireId(header.collectionId, `${path}.header.collectionId`, limits);
  return content(block, path, limits.contentDepthMax + 1) as IBlock;
}

function copyOperations(value: unknown, path: string, limits: Limits): BlockOperation[] {
  const operations = requireArray(value, path, Number.MAX_SAFE_INTEGER);
  return Object.freeze(
    operations.map((operation, i) => copyOperation(operation, at(path, i), limits)),
  ) as BlockOperation[];
}

function copyOperation(value: unknown, path: string, limits: Limits): BlockOperation {
  const operation = requireArray(value, path, 4);
  const [entity, index, deleteCount, inserted] = operation;
  if (operation.length !== 4) throw new InvalidRequestError(path, 'must be [entity, index, deleteCount, inserted]');
  if (typeof entity !== 'string' || !entity.isWellFormed()) {
    throw new InvalidRequestError(at(path, 0), 'must be a well-formed string');
  }
  if (entity === 'header' || entity === '__proto__' || entity === '/') {
    throw new InvalidRequestError(at(path, 0), `${JSON.stringify(entity)} is no entity of an operation`);
  }
  if (!isIntegerFrom(index, -1)) throw new InvalidRequestError(at(path, 1), 'must be an integer of -1 or more');
  if (!isIntegerFrom(deleteCount, 0)) throw new InvalidRequestError(at(path, 2), 'must be an integer of 0 or more');
  const copy = content(inserted, at(path, 3), limits.contentDepthMax);
  return Object.freeze([entity, index, deleteCount, copy]) as BlockOperation;
}

function content(value: unknown, path: string, depthMax: number): unknown {
  try {
    return copyContent(value, depthMax);
  } catch (error) {
    if (!(error instanceof ContentProblem)) throw error;
    throw new InvalidRequestError(error.path.reduce<string>(at, path), error.message);
  }
}

function isIntegerFrom(value: unknown, min: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min;
}

function forEachEntry(value: unknown, path: string, visit: (key: string, value: unknown, path: string) => void): void {
  if (value === undefined) return;
  const record = requireObject(value, path);
  for (const key of Object.keys(record)) visit(key, record[key], at(path, key));
}
