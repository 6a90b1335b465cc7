import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyOperation,
  applyTransform,
  contentEquals,
  copyBlock,
  copyContent,
  DEFAULT_LIMITS,
  TransformError,
  type BlockOperation,
  type IBlock,
  type Transform,
} from '@blockstrata/db-core';
import { blocks, operations } from '../arbitraries.js';

type Plain = Record<string, unknown>;

/** What an operation does, on a plain object that it may change; false: it cannot apply. */
function applyNaively(block: Plain, [entity, index, deleteCount, inserted]: BlockOperation): boolean {
  if (index >= 0 && Array.isArray(inserted)) {
    const list = Object.hasOwn(block, entity) ? block[entity] : undefined;
    if (!Array.isArray(list) || index + deleteCount > list.length) return false;
    list.splice(index, deleteCount, ...(structuredClone(inserted) as unknown[]));
  } else {
    block[entity] = structuredClone(inserted);
  }
  return true;
}

function frozenBlock(block: IBlock): IBlock {
  return copyBlock(block, block.header.id, 'block', DEFAULT_LIMITS);
}

function frozenOperation([entity, index, deleteCount, inserted]: BlockOperation): BlockOperation {
  return [entity, index, deleteCount, copyContent(inserted, 64)];
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

describe('applyOperation', () => {
  it('does what a naive implementation does to a plain clone, or refuses where that cannot apply', () => {
    fc.assert(
      fc.property(blocks('a'), fc.array(operations, { maxLength: 8 }), (start, sequence) => {
        const plain = structuredClone(start) as Plain;
        let block = frozenBlock(start);
        for (const operation of sequence) {
          if (applyNaively(plain, operation)) block = applyOperation(block, frozenOperation(operation));
          else expect(() => applyOperation(block, operation)).toThrow(TransformError);
          expect(contentEquals(block, plain)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves the block before it as it was, and shares with it every entity that it does not name', () => {
    fc.assert(
      fc.property(blocks('a'), operations, (start, operation) => {
        const before = frozenBlock(start);
        let after: IBlock;
        try {
          after = applyOperation(before, frozenOperation(operation));
        } catch {
          after = before;
        }
        expect(contentEquals(before, start)).toBe(true);
        for (const key of Object.keys(before)) if (key !== operation[0]) expect(after[key]).toBe(before[key]);
        expect(after.header).toBe(before.header);
      }),
      { numRuns: 1_000 },
    );
  });

  it('shares the elements that a splice does not touch', () => {
    const [first, last] = [Object.freeze({ n: 1 }), Object.freeze({ n: 2 })];
    const block = Object.freeze({
      header: Object.freeze({ id: 'a', type: 't', collectionId: 'a' }),
      list: Object.freeze([first, last]),
    });
    const after = applyOperation(block, ['list', 1, 0, ['between']]);
    expect((after.list as unknown[])[0]).toBe(first);
    expect((after.list as unknown[])[2]).toBe(last);
  });

  it('gives frozen results (INV-13)', () => {
    fc.assert(
      fc.property(blocks('a'), fc.array(operations, { maxLength: 4 }), (start, sequence) => {
        let block = frozenBlock(start);
        for (const operation of sequence) {
          try {
            block = applyOperation(block, frozenOperation(operation));
          } catch (error) {
            expect(error).toBeInstanceOf(TransformError);
          }
        }
        expect(isDeepFrozen(block)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses to change the header', () => {
    const block = frozenBlock({ header: { id: 'a', type: 't', collectionId: 'a' } });
    expect(() => applyOperation(block, ['header', -1, 0, {}])).toThrow(TransformError);
  });

  it('refuses a splice whose end is beyond the largest integer', () => {
    const block = frozenBlock({ header: { id: 'a', type: 't', collectionId: 'a' }, list: [1] });
    expect(() => applyOperation(block, ['list', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, []])).toThrow(
      TransformError,
    );
  });

  it('splices a hundred thousand elements into the middle', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => i);
    const block = frozenBlock({ header: { id: 'a', type: 't', collectionId: 'a' }, list: ['x', 'y'] });
    const list = applyOperation(block, ['list', 1, 0, many]).list as unknown[];
    expect([list.length, list[0], list[1], list[100_000], list[100_001]]).toEqual([100_002, 'x', 0, 99_999, 'y']);
  });
});

describe('applyTransform', () => {
  const header = { id: 'a', type: 't', collectionId: 'a' };

  it('inserts, then updates, then deletes', () => {
    const insert = frozenBlock({ header, list: [1] });
    const updates: BlockOperation[] = [
      ['list', 1, 0, [2]],
      ['n', -1, 0, 3],
    ];
    expect(applyTransform(undefined, { insert, updates })).toEqual({ header, list: [1, 2], n: 3 });
    expect(applyTransform(undefined, { insert, updates, delete: true })).toBeUndefined();
    expect(applyTransform(insert, {})).toBe(insert);
    expect(applyTransform(undefined, {})).toBeUndefined();
  });

  it.each<[string, IBlock | undefined, Transform]>([
    ['an insert of a block that exists', { header }, { insert: { header } }],
    ['an update of one that does not', undefined, { updates: [['n', -1, 0, 1]] }],
    ['a delete of one that does not', undefined, { delete: true }],
  ])('refuses %s', (_, block, transform) => {
    expect(() => applyTransform(block, transform)).toThrow(TransformError);
  });
});
