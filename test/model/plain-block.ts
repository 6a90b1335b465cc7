import type { BlockOperation, Transform } from '@blockstrata/db-core';

/** A block of the model: a plain object, cloned whenever it changes hands. */
export type PlainBlock = Record<string, unknown>;

/** Says that a transform cannot apply. */
export const CANNOT = Symbol('cannot apply');

/** The block after a transform, by the words of the contract; nothing is shared, nothing is frozen. */
export function applyPlainly(
  block: PlainBlock | undefined,
  transform: Transform,
): PlainBlock | undefined | typeof CANNOT {
  let result = structuredClone(block);
  if (transform.insert !== undefined) {
    if (result !== undefined) return CANNOT;
    result = structuredClone(transform.insert);
  }
  for (const operation of transform.updates ?? []) {
    if (result === undefined || !operate(result, operation)) return CANNOT;
  }
  if (transform.delete === true) return result === undefined ? CANNOT : undefined;
  return result;
}

function operate(block: PlainBlock, [entity, index, deleteCount, inserted]: BlockOperation): boolean {
  if (index === -1 || !Array.isArray(inserted)) {
    block[entity] = structuredClone(inserted);
    return true;
  }
  const list = Object.hasOwn(block, entity) ? block[entity] : undefined;
  if (!Array.isArray(list) || index + deleteCount > list.length) return false;
  list.splice(index, deleteCount, ...(structuredClone(inserted) as unknown[]));
  return true;
}
