import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyTransform,
  copyTransform,
  DEFAULT_LIMITS,
  TransformError,
  type BlockOperation,
  type IBlock,
  type Transform,
} from '@blockstrata/db-core';
import { randomRuns } from '../../../../../test/random-runs.js';
import { BlockState } from '../../../src/storage/encoded/block-state.js';
import { decodeEncoded } from '../../../src/storage/encoded/encoded-value.js';
import { encodedBlock, encodedTransform } from './encoded.js';

const FILE = 'packages/db-p2p/test/storage/block/block-state.spec.ts';
const RUNS = 500;
const header = { id: 'a', type: 't', collectionId: 'a' };

const inserted = fc.oneof(
  fc.constantFrom<unknown>('text', 5, null, { deep: [1] }),
  fc.array(fc.oneof(fc.integer(), fc.constant({ id: 1 })), { maxLength: 4 }),
);
const operation = fc
  .tuple(fc.constantFrom('lines', 'text'), fc.integer({ min: -1, max: 4 }), fc.nat(2), inserted)
  .map((tuple): BlockOperation => tuple as BlockOperation);
const insert = fc.constantFrom<IBlock>({ header, lines: [1, 2, 3], text: '' }, { header, lines: [] });
const transform = fc.oneof(
  { weight: 8, arbitrary: fc.record({ updates: fc.array(operation, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ insert, updates: fc.array(operation, { maxLength: 1 }) }) },
  { weight: 1, arbitrary: fc.constant<Transform>({ delete: true }) },
);

function outcome(run: () => IBlock | undefined): unknown {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(TransformError);
    return (error as Error).message;
  }
}

describe('a block while its history is replayed', () => {
  it('does and refuses what applyTransform does and refuses, encoded or not, looked at or not', () => {
    const steps = fc.array(fc.record({ transform, isEncoded: fc.boolean(), isSeen: fc.boolean() }), { maxLength: 20 });
    fc.assert(
      fc.property(insert, steps, (start, history) => {
        const state = new BlockState();
        state.apply(encodedTransform({ insert: start }));
        let block = applyTransform(undefined, { insert: start });
        for (const { transform: next, isEncoded, isSeen } of history) {
          const copy = copyTransform(next, 'a', 'transform', DEFAULT_LIMITS);
          const before = block;
          const expected = outcome(() => applyTransform(before, copy));
          if (typeof expected === 'string') {
            // What failed in its midst is not used any more.
            expect(outcome(() => (state.apply(isEncoded ? encodedTransform(next) : copy), undefined))).toBe(expected);
            return;
          }
          state.apply(isEncoded ? encodedTransform(next) : copy);
          block = expected as IBlock | undefined;
          expect(state.exists).toBe(block !== undefined);
          if (isSeen) expect(state.content()).toEqual(block);
          const bytes = state.encoded();
          if (bytes !== undefined) expect(decodeEncoded(Buffer.concat(bytes.parts))).toEqual(block);
        }
        expect(state.content()).toEqual(block);
      }),
      randomRuns(FILE, RUNS, 'histories'),
    );
  });

  it('resolves more splices on top of each other than a recursion could', () => {
    const state = new BlockState();
    state.apply({ insert: { header, lines: [] } });
    for (let i = 0; i < 20_000; i++) state.apply(encodedTransform({ updates: [['lines', i, 0, [i]]] }));
    expect(state.encoded()).toBeUndefined();
    expect(state.content()?.lines).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });

  it('knows how long an array is after each splice, without looking', () => {
    for (const isEncoded of [true, false]) {
      const apply = (state: BlockState, ...updates: BlockOperation[]) =>
        state.apply(isEncoded ? encodedTransform({ updates }) : { updates });
      const spliced = () => {
        const state = new BlockState();
        state.apply({ insert: { header, lines: [1, 2, 3] } });
        apply(state, ['lines', 1, 2, [4, 5, 6, 7]], ['lines', 0, 2, []]);
        return state;
      };
      const state = spliced();
      apply(state, ['lines', 3, 0, [8]]);
      expect(state.content()?.lines).toEqual([5, 6, 7, 8]);
      for (const [index, deleteCount] of [
        [4, 0],
        [3, 1],
        [0, 4],
      ] as const) {
        expect(() => apply(spliced(), ['lines', index, deleteCount, []])).toThrow(TransformError);
      }
    }
  });

  it('takes insertions that are longer than the arguments of a call may be', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => i);
    for (const isEncoded of [true, false]) {
      const transforms: Transform[] = [
        { insert: { header, lines: ['a', 'b', 'c', 'd'] } },
        { updates: [['lines', 1, 2, many]] },
      ];
      const state = new BlockState();
      for (const each of transforms) state.apply(isEncoded ? encodedTransform(each) : each);
      expect(state.content()?.lines).toEqual(['a', ...many, 'd']);
    }
  });

  it('is encoded with whatever names and however many, and not at all where it is not there', () => {
    const state = new BlockState();
    expect(state.encoded()).toBeUndefined();
    expect(state.content()).toBeUndefined();
    const names = Array.from({ length: 1_100 }, (_, i) => [`entity ${i}`, i]);
    const block: IBlock = { header, ...(Object.fromEntries(names) as Record<string, unknown>) };
    for (let round = 0; round < 2; round++) {
      state.reset(encodedBlock(block));
      expect(decodeEncoded(Buffer.concat(state.encoded()?.parts ?? []))).toEqual(block);
    }
    expect(state.content()).toEqual(block);
    expect(decodeEncoded(Buffer.concat(state.encoded()?.parts ?? []))).toEqual(block);
    expect(() => state.apply({ updates: [['header', -1, 0, header]] })).toThrow('header is no entity');
    state.reset(undefined);
    expect([state.exists, state.encoded()]).toEqual([false, undefined]);
  });
});
