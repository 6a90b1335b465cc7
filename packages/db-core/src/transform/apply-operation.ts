import { TransformError } from '../errors.js';
import type { BlockOperation, IBlock } from '../model/block.js';

/**
 * The block after one operation. Copy-on-write: only the entity that the operation names is copied, everything else is
 * shared with `block`, and the result is frozen.
 *
 * `inserted` becomes part of the result as it is: pass content that nobody will change.
 *
 * @throws TransformError if the operation cannot apply: it names `header`, or splices what is no array, or reaches
 * beyond its end.
 */
export function applyOperation(block: IBlock, operation: BlockOperation): IBlock {
  const [entity, index, deleteCount, inserted] = operation;
  if (entity === 'header') throw new TransformError('header is no entity of an operation');
  if (index >= 0 && Array.isArray(inserted)) {
    return withEntity(block, entity, spliced(block, entity, index, deleteCount, inserted));
  }
  return withEntity(block, entity, inserted);
}

function spliced(block: IBlock, entity: string, index: number, deleteCount: number, inserted: unknown[]): unknown[] {
  const current = Object.hasOwn(block, entity) ? block[entity] : undefined;
  if (!Array.isArray(current))
    throw new TransformError(`${JSON.stringify(entity)} is no array, so it cannot be spliced`);
  if (index + deleteCount > current.length) {
    throw new TransformError(
      `a splice of ${JSON.stringify(entity)} at ${index} deleting ${deleteCount} reaches beyond its length ${current.length}`,
    );
  }
  const result = current.slice(0, index) as unknown[];
  for (const value of inserted) result.push(value);
  for (let i = index + deleteCount; i < current.length; i++) result.push(current[i]);
  return Object.freeze(result) as unknown[];
}

function withEntity(block: IBlock, entity: string, value: unknown): IBlock {
  // Frozen objects that began as a spread would share no hidden class.
  return Object.freeze({ header: block.header, ...(block as Omit<IBlock, 'header'>), [entity]: value });
}
