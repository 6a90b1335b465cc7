import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyTransform,
  blockIdsForTransforms,
  concatTransforms,
  contentEquals,
  transformForBlockId,
  TransformError,
  transformsFromBlocks,
  type BlockId,
  type IBlock,
  type Transform,
  type Transforms,
} from '@blockstrata/db-core';
import { blocks, ids, operations } from '../arbitraries.js';

const transformOf = (id: string): fc.Arbitrary<Transform> =>
  fc
    .record({
      insert: fc.option(blocks(id), { nil: undefined, freq: 2 }),
      updates: fc.option(fc.array(operations, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      delete: fc.boolean(),
    })
    .map(({ insert, updates, delete: gone }) => ({
      ...(insert === undefined ? {} : { insert }),
      ...(updates === undefined ? {} : { updates }),
      ...(gone ? { delete: true } : {}),
    }));

const transformSets: fc.Arbitrary<Transforms> = fc
  .uniqueArray(ids, { maxLength: 4 })
  .chain(chosen =>
    fc.tuple(...chosen.map(id => transformOf(id).map((transform): [BlockId, Transform] => [id, transform]))),
  )
  .map(transformsFromBlocks);

type World = Map<BlockId, IBlock>;

/** The world after a set of transforms; undefined: it does not apply. */
function applyAll(world: World, transforms: Transforms): World | undefined {
  const next = new Map(world);
  for (const blockId of blockIdsForTransforms(transforms)) {
    let block: IBlock | undefined;
    try {
      block = applyTransform(next.get(blockId), transformForBlockId(transforms, blockId));
    } catch (error) {
      if (!(error instanceof TransformError)) throw error;
      return undefined;
    }
    if (block === undefined) next.delete(blockId);
    else next.set(blockId, block);
  }
  return next;
}

describe('transforms of several blocks', () => {
  it('come apart by block and together again as they were', () => {
    fc.assert(
      fc.property(transformSets, transforms => {
        const blockIds = blockIdsForTransforms(transforms);
        expect(new Set(blockIds).size).toBe(blockIds.length);
        const again = transformsFromBlocks(blockIds.map(id => [id, transformForBlockId(transforms, id)] as const));
        expect({ ...again, deletes: again.deletes?.sort() }).toEqual({
          ...transforms,
          deletes: transforms.deletes?.sort(),
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('say nothing of a block that they do not touch, whatever it is called', () => {
    for (const id of ['constructor', '__proto__', 'toString']) {
      expect(transformForBlockId({ inserts: {}, updates: {}, deletes: [] }, id)).toEqual({});
    }
  });

  it('concatenated do what they do one after the other, or cannot be said in one', () => {
    let combined = 0;
    fc.assert(
      fc.property(fc.array(transformSets, { maxLength: 4 }), sets => {
        let together: Transforms;
        try {
          together = concatTransforms(...sets);
        } catch (error) {
          expect(error).toBeInstanceOf(TransformError);
          return;
        }
        let world: World | undefined = new Map();
        for (const set of sets) world = world && applyAll(world, set);
        const atOnce = applyAll(new Map(), together);
        if (world === undefined) return;
        combined++;
        expect(atOnce && contentEquals(Object.fromEntries(atOnce), Object.fromEntries(world))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(combined).toBeGreaterThan(100);
  });

  it('concatenated apply wherever one after the other they do', () => {
    const header = { id: 'a', type: 't', collectionId: 'a' };
    const sets: Transforms[] = [
      { inserts: { a: { header, list: [] } } },
      { updates: { a: [['list', 0, 0, [1]]] } },
      { deletes: ['a'] },
    ];
    expect(concatTransforms(...sets)).toEqual({
      inserts: { a: { header, list: [] } },
      updates: { a: [['list', 0, 0, [1]]] },
      deletes: ['a'],
    });
    expect(() => concatTransforms({ deletes: ['a'] }, { updates: { a: [] } })).toThrow(TransformError);
    expect(() => concatTransforms({ updates: { a: [] } }, { inserts: { a: { header } } })).toThrow(TransformError);
  });

  it('concatenated share no array with what they were made of', () => {
    const updates = [['n', -1, 0, 1]] as [string, number, number, unknown][];
    const set: Transforms = { updates: { a: updates } };
    const together = concatTransforms(set, set);
    expect(together.updates?.a).toHaveLength(2);
    expect(updates).toHaveLength(1);
  });
});
