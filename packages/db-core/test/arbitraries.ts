import fc from 'fast-check';
import type { BlockOperation, IBlock } from '@blockstrata/db-core';

/** Ids that are also keys of every object, and plain ones. */
export const ids = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString');

const keys = fc
  .oneof(fc.constantFrom('a', 'constructor', 'length', ''), fc.string({ unit: 'grapheme', maxLength: 4 }))
  .filter(key => key !== '__proto__' && key !== '/');

/** Content of every kind. */
export const contents: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  content: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (value === 0 ? 0 : value)),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('content'), { maxLength: 4 }),
    fc.array(fc.tuple(keys, tie('content')), { maxLength: 3 }).map(entries => Object.fromEntries(entries)),
  ),
})).content;

/** The entities that operations of these tests work on. */
export const entities = fc.constantFrom('list', 'text', 'other', 'constructor');

/** A block whose `list` is an array. */
export function blocks(id: string): fc.Arbitrary<IBlock> {
  return fc
    .tuple(fc.array(contents, { maxLength: 5 }), contents)
    .map(([list, text]) => ({ header: { id, type: 't', collectionId: id }, list, text }));
}

/** Operations, many of which apply. */
export const operations: fc.Arbitrary<BlockOperation> = fc.oneof(
  fc.tuple(fc.constant('list'), fc.nat({ max: 5 }), fc.nat({ max: 3 }), fc.array(contents, { maxLength: 3 })),
  fc.tuple(entities, fc.integer({ min: -1, max: 3 }), fc.nat({ max: 2 }), contents),
);
