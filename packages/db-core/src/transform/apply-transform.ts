import { TransformError } from '../errors.js';
import type { IBlock, Transform } from '../model/block.js';
import { applyOperation } from './apply-operation.js';

/**
 * The block after `insert`, then `updates`, then `delete`; `undefined` where it is absent. The result is frozen and
 * shares with `block` what did not change.
 *
 * @throws TransformError if it inserts a block that exists, or updates or deletes one that does not, or an operation
 * cannot apply.
 *
 * @example
 * ```ts
 * import { applyTransform } from '@blockstrata/db-core';
 *
 * const header = { id: 'note', type: 'note', collectionId: 'note' };
 * const before = applyTransform(undefined, { insert: { header, lines: ['a', 'c'] } });
 * const after = applyTransform(before, { updates: [['lines', 1, 0, ['b']]] });
 * console.log(after?.lines); // [ 'a', 'b', 'c' ]
 * ```
 */
export function applyTransform(block: IBlock | undefined, transform: Transform): IBlock | undefined {
  let result = block;
  if (transform.insert !== undefined) {
    if (result !== undefined) throw new TransformError('it inserts a block that exists');
    result = transform.insert;
  }
  if (transform.updates !== undefined) {
    for (const operation of transform.updates) {
      if (result === undefined) throw new TransformError('it updates a block that does not exist');
      result = applyOperation(result, operation);
    }
  }
  if (transform.delete === true) {
    if (result === undefined) throw new TransformError('it deletes a block that does not exist');
    return undefined;
  }
  return result;
}
