import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentEquals, ContentProblem, copyContent } from '@blockstrata/db-core';
import { contents } from './arbitraries.js';

function problemOf(value: unknown, depthMax = 64): ContentProblem {
  try {
    copyContent(value, depthMax);
  } catch (error) {
    if (error instanceof ContentProblem) return error;
    throw error;
  }
  throw new TypeError('it was taken for content');
}

/** The nested arrays, objects and bytes of a value. */
function partsOf(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return value instanceof Uint8Array ? [value] : [value, ...Object.values(value).flatMap(partsOf)];
}

describe('copyContent', () => {
  it('copies to an equal value, deeply frozen, that shares nothing with the original (INV-13)', () => {
    fc.assert(
      fc.property(contents, value => {
        const copy = copyContent(value, 64);
        expect(contentEquals(copy, value)).toBe(true);
        const originals = new Set(partsOf(value));
        for (const part of partsOf(copy)) {
          expect(originals.has(part)).toBe(false);
          if (!(part instanceof Uint8Array)) expect(Object.isFrozen(part)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('copies the bytes of a view, not its buffer', () => {
    const copy = copyContent(Uint8Array.of(1, 2, 3, 4).subarray(1, 3), 1) as Uint8Array;
    expect([...copy]).toEqual([2, 3]);
    expect(copy.buffer.byteLength).toBe(2);
    const fromBuffer = copyContent(Buffer.from([5, 6]), 1) as Uint8Array;
    expect(Object.getPrototypeOf(fromBuffer)).toBe(Uint8Array.prototype);
  });

  it('turns -0 into 0', () => {
    expect(Object.is(copyContent(-0, 1), 0)).toBe(true);
    expect(Object.is((copyContent([-0], 1) as number[])[0], 0)).toBe(true);
  });

  it('takes objects without a prototype, and of another realm', () => {
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, { constructor: 1 });
    expect(contentEquals(copyContent(bare, 1), { constructor: 1 })).toBe(true);
  });

  it.each<[string, unknown, (string | number)[]]>([
    ['NaN', [1, Number.NaN], [1]],
    ['infinity', { a: -Infinity }, ['a']],
    ['undefined', { a: { b: [0, undefined] } }, ['a', 'b', 1]],
    ['a hole in an array', Object.assign(new Array(3), { 0: 1, 2: 3 }), [1]],
    ['a function', [() => 1], [0]],
    ['a symbol', [Symbol('x')], [0]],
    ['a symbol for a key', [{ [Symbol('x')]: 1 }], [0]],
    ['a bigint', { n: 1n }, ['n']],
    ['a date', { at: new Date(0) }, ['at']],
    ['a map', [new Map()], [0]],
    ['a set', [new Set()], [0]],
    ['a class instance', [new (class Thing {})()], [0]],
    ['another array of numbers', [new Float64Array(1)], [0]],
    ['an array buffer', [new ArrayBuffer(1)], [0]],
    ['a lone surrogate', { a: '\ud800' }, ['a']],
    ['a key with a lone surrogate', { '\ud800': 1 }, ['\ud800']],
    ['the key __proto__', { a: JSON.parse('{"__proto__":1}') as unknown }, ['a', '__proto__']],
    ['the key /', { '/': 1 }, ['/']],
  ])('refuses %s, with the path to it', (_, value, path) => {
    expect(problemOf(value).path).toEqual(path);
  });

  it('counts the depth from the outermost array or object', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    for (const depth of [0, 1, 5]) {
      expect(contentEquals(copyContent(nested(depth), depth), nested(depth))).toBe(true);
      expect(problemOf(nested(depth + 1), depth).path).toEqual(Array.from({ length: depth }, () => 0));
    }
  });

  it('refuses a cycle instead of following it for ever', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(problemOf(cycle, 64).path).toHaveLength(64);
  });

  it('survives getters that throw and proxies that lie, with what they throw', () => {
    const thrown = new RangeError('mine');
    const hostile = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw thrown;
      },
    });
    expect(() => copyContent(hostile, 4)).toThrow(thrown);
  });
});

describe('contentEquals', () => {
  it('is an equivalence that ignores the order of keys', () => {
    fc.assert(
      fc.property(contents, contents, (a, b) => {
        expect(contentEquals(a, structuredClone(a))).toBe(true);
        expect(contentEquals(a, b)).toBe(contentEquals(b, a));
      }),
      { numRuns: 1_000 },
    );
    expect(contentEquals({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  });

  it.each<[unknown, unknown]>([
    [[1, 2], Uint8Array.of(1, 2)],
    [{ 0: 1, length: 1 }, [1]],
    [{}, []],
    [{ a: undefined }, {}],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ constructor: Object }, {}],
    [{ a: undefined }, { b: undefined }],
    [null, {}],
    ['1', 1],
    [Uint8Array.of(1), Uint8Array.of(1, 2)],
    [[1], [1, 2]],
  ])('tells %j from %j', (a, b) => {
    expect(contentEquals(a, b)).toBe(false);
    expect(contentEquals(b, a)).toBe(false);
  });
});
