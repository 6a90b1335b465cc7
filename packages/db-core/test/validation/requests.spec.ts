import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkCommit,
  checkGets,
  checkPend,
  checkRepoOptions,
  checkTrxBlocks,
  contentEquals,
  copyTransform,
  DEFAULT_LIMITS,
  InvalidRequestError,
  resolveLimits,
  type IBlock,
  type RepoOptions,
} from '@blockstrata/db-core';
import { blocks, contents, ids, operations } from '../arbitraries.js';

const header = { id: 'a', type: 't', collectionId: 'a' };
const insert = (fields: Record<string, unknown>) => ({ inserts: { a: { header, ...fields } } });

function pathOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.path;
    throw error;
  }
  throw new TypeError('it was accepted');
}

const pend = (wrong: object) => () => checkPend({ trxId: 't', policy: 'c', transforms: {}, ...wrong }, DEFAULT_LIMITS);

describe('checkPend', () => {
  it('copies what it is given, so that nothing done to it later shows (INV-13)', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(ids, { minLength: 1, maxLength: 3 }),
        blocks('x'),
        fc.array(operations, { maxLength: 3 }),
        (chosen, sample, sequence) => {
          const inserts: [string, IBlock][] = chosen.map(id => [id, { ...sample, header: { ...sample.header, id } }]);
          const transforms = {
            inserts: Object.fromEntries(inserts),
            updates: Object.fromEntries(chosen.map(id => [id, sequence])),
          };
          const before = structuredClone(transforms);
          const { blocks: checked } = checkPend({ trxId: 't', policy: 'c', transforms }, DEFAULT_LIMITS);
          expect([...checked.keys()]).toEqual([...Object.keys(transforms.inserts)].sort());
          sequence.length = 0;
          for (const [, block] of inserts) (block.list as unknown[]).length = 0;
          for (const [id, { transform }] of checked) {
            expect(contentEquals(transform.insert, before.inserts[id])).toBe(true);
            expect(contentEquals(transform.updates, before.updates[id])).toBe(true);
            expect(Object.isFrozen(transform.updates)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[string, () => unknown, string]>([
    ['a request that is none', () => checkPend(null, DEFAULT_LIMITS), 'request'],
    ['a request that is an array', () => checkPend([], DEFAULT_LIMITS), 'request'],
    ['an id that is no text', pend({ trxId: 7 }), 'trxId'],
    ['an empty id', pend({ trxId: '' }), 'trxId'],
    ['an id of 257 bytes', pend({ trxId: 'é'.repeat(128) + 'x' }), 'trxId'],
    ['NaN', pend({ rev: Number.NaN }), 'rev'],
    ['a fraction', pend({ rev: 1.5 }), 'rev'],
    ['a policy', pend({ policy: 'toString' }), 'policy'],
    ['no transforms', pend({ transforms: undefined }), 'transforms'],
    ['inserts that are an array', pend({ transforms: { inserts: [] } }), 'transforms.inserts'],
    ['deletes that are no array', pend({ transforms: { deletes: 'a' } }), 'transforms.deletes'],
    ['an id among the deletes', pend({ transforms: { deletes: ['a', ''] } }), 'transforms.deletes[1]'],
    ['an empty id of an insert', pend({ transforms: { inserts: { '': {} } } }), 'transforms.inserts[""]'],
    [
      'a header',
      pend({ transforms: { inserts: { a: { header: { ...header, id: 'b' } } } } }),
      'transforms.inserts["a"].header.id',
    ],
    [
      'a type',
      pend({ transforms: { inserts: { a: { header: { id: 'a', collectionId: 'a' } } } } }),
      'transforms.inserts["a"].header.type',
    ],
    [
      'a value in depth',
      pend({ transforms: insert({ list: [0, { deep: [1, undefined] }] }) }),
      'transforms.inserts["a"]["list"][1]["deep"][1]',
    ],
    ['a key in depth', pend({ transforms: insert({ a: { '/': 1 } }) }), 'transforms.inserts["a"]["a"]["/"]'],
    ['an operation that is none', pend({ transforms: { updates: { a: ['x'] } } }), 'transforms.updates["a"][0]'],
    ['an operation of three', pend({ transforms: { updates: { a: [['x', 0, 0]] } } }), 'transforms.updates["a"][0]'],
    [
      'an entity',
      pend({
        transforms: {
          updates: {
            a: [
              ['n', -1, 0, 1],
              ['header', -1, 0, 1],
            ],
          },
        },
      }),
      'transforms.updates["a"][1][0]',
    ],
    ['an index', pend({ transforms: { updates: { a: [['n', -2, 0, 1]] } } }), 'transforms.updates["a"][0][1]'],
    ['a count', pend({ transforms: { updates: { a: [['n', 0, 0.5, []]] } } }), 'transforms.updates["a"][0][2]'],
    [
      'what is inserted',
      pend({ transforms: { updates: { a: [['n', 0, 0, [Number.NaN]]] } } }),
      'transforms.updates["a"][0][3][0]',
    ],
    ['a base of a block that is not touched', pend({ bases: { z: 1 } }), 'bases["z"]'],
    ['a base', pend({ transforms: { deletes: ['a'] }, bases: { a: -1 } }), 'bases["a"]'],
  ])('names the path to %s', (_, run, path) => {
    expect(pathOf(run)).toBe(path);
  });

  it('takes no more blocks than the limit', () => {
    const limits = resolveLimits({ callBlocksMax: 3 });
    const deletes = (count: number) => ({
      trxId: 't',
      policy: 'c',
      transforms: { deletes: Array.from({ length: count }, (_, i) => `b${i}`) },
    });
    expect(checkPend(deletes(3), limits).blocks.size).toBe(3);
    expect(() => checkPend(deletes(4), limits)).toThrow(InvalidRequestError);
    const spread = { inserts: insert({}).inserts, updates: { b: [], c: [] }, deletes: ['d'] };
    expect(() => checkPend({ trxId: 't', policy: 'c', transforms: spread }, limits)).toThrow(InvalidRequestError);
  });

  it('takes ids that are keys of every object', () => {
    const transforms = {
      inserts: JSON.parse('{"__proto__":{"header":{"id":"__proto__","type":"t","collectionId":"x"}}}') as Record<
        string,
        IBlock
      >,
      deletes: ['constructor'],
    };
    const { blocks: checked } = checkPend(
      { trxId: '__proto__', policy: 'c', transforms, bases: { constructor: 3 } },
      DEFAULT_LIMITS,
    );
    expect([...checked.keys()]).toEqual(['__proto__', 'constructor']);
    expect(checked.get('constructor')?.base).toBe(3);
    expect(checked.get('__proto__')?.base).toBeUndefined();
  });

  it('answers whatever it is given with a checked request or an InvalidRequestError', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withNullPrototype: true,
      maxDepth: 4,
    });
    fc.assert(
      fc.property(anything, anything, anything, (transforms, bases, trxId) => {
        for (const check of [
          () => checkPend({ trxId: 't', policy: 'c', transforms, bases }, DEFAULT_LIMITS),
          () => checkPend(transforms, DEFAULT_LIMITS),
          () => checkCommit({ trxId, blockIds: bases, rev: transforms }, DEFAULT_LIMITS),
          () => checkGets({ blockIds: transforms, context: bases }, DEFAULT_LIMITS),
          () => checkTrxBlocks(transforms, DEFAULT_LIMITS),
          () => copyTransform(transforms, 'a', 'transform', DEFAULT_LIMITS),
        ]) {
          try {
            check();
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidRequestError);
          }
        }
      }),
      { numRuns: 3_000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('keeps content exactly', () => {
    fc.assert(
      fc.property(contents, value => {
        const { blocks: checked } = checkPend(
          { trxId: 't', policy: 'c', transforms: insert({ value }) },
          DEFAULT_LIMITS,
        );
        expect(contentEquals(checked.get('a')?.transform.insert?.value, value)).toBe(true);
      }),
    );
  });

  it('takes nesting up to the limit, in a block and in an operation', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const check = (depth: number) => {
      pend({ transforms: insert({ n: nested(depth) }) })();
      pend({ transforms: { updates: { a: [['n', -1, 0, nested(depth)]] } } })();
    };
    check(DEFAULT_LIMITS.contentDepthMax);
    expect(() => check(DEFAULT_LIMITS.contentDepthMax + 1)).toThrow(InvalidRequestError);
  });
});

describe('the other checks', () => {
  it('sort and unite the blocks of a commit and a cancel, and keep the order of a read', () => {
    const blockIds = ['b', 'a', 'b'];
    expect(checkCommit({ trxId: 't', blockIds, rev: 1 }, DEFAULT_LIMITS).blockIds).toEqual(['a', 'b']);
    expect(checkTrxBlocks({ trxId: 't', blockIds }, DEFAULT_LIMITS).blockIds).toEqual(['a', 'b']);
    expect(checkGets({ blockIds }, DEFAULT_LIMITS).blockIds).toEqual(['b', 'a']);
  });

  it.each<[string, () => unknown, string]>([
    ['a block id', () => checkCommit({ trxId: 't', blockIds: ['a', 5], rev: 1 }, DEFAULT_LIMITS), 'blockIds[1]'],
    [
      'a hole among the blocks',
      () => checkTrxBlocks({ trxId: 't', blockIds: new Array(2) }, DEFAULT_LIMITS),
      'blockIds[0]',
    ],
    ['blocks that are no array', () => checkTrxBlocks({ trxId: 't', blockIds: 'a' }, DEFAULT_LIMITS), 'blockIds'],
    ['a revision', () => checkCommit({ trxId: 't', blockIds: [], rev: 0 }, DEFAULT_LIMITS), 'rev'],
    ['a pin', () => checkGets({ blockIds: [], context: { rev: -1 } }, DEFAULT_LIMITS), 'context.rev'],
    ['a context', () => checkGets({ blockIds: [], context: 5 }, DEFAULT_LIMITS), 'context'],
    [
      'what is committed',
      () =>
        checkGets(
          {
            blockIds: [],
            context: {
              committed: [
                { trxId: 't', rev: 1 },
                { trxId: 't', rev: 0.1 },
              ],
            },
          },
          DEFAULT_LIMITS,
        ),
      'context.committed[1].rev',
    ],
    ['an overlay', () => checkGets({ blockIds: [], context: { trxId: '' } }, DEFAULT_LIMITS), 'context.trxId'],
    ['an expiration', () => checkRepoOptions({ expiration: Number.NaN }), 'options.expiration'],
    ['a signal', () => checkRepoOptions({ signal: {} as AbortSignal }), 'options.signal'],
    ['null for a signal', () => checkRepoOptions(JSON.parse('{"signal":null}') as RepoOptions), 'options.signal'],
    ['options', () => checkRepoOptions(JSON.parse('5') as RepoOptions), 'options'],
  ])('name the path to %s', (_, run, path) => {
    expect(pathOf(run)).toBe(path);
  });
});
