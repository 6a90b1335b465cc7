import { DEFAULT_LIMITS, InvalidArchiveError, type IBlock } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { checkArchive } from '../../../src/storage/index.js';
import { archiveOf, blockAfter } from './chain.js';

/** Revisions 1 and 3, with this in the place of the latter. */
function with3(third: unknown, revisions: Record<string, unknown> = archiveOf([1, 3]).revisions): unknown {
  return { ...archiveOf([1, 3]), revisions: { ...revisions, 3: third } };
}

const trx = { trxId: 't3', transform: { updates: [['list', 0, 0, [3]]] } };
const check = (archive: unknown, rev?: number) => checkArchive(archive, 'a', rev, DEFAULT_LIMITS);

describe('an archive that is unsound', () => {
  it.each<[string, unknown]>([
    ['archive: must be an object', 7],
    ['archive.revisions: must be an object', { ...archiveOf([1]), revisions: 7 }],
    ['archive.range[0]: must be an integer from 0', { ...archiveOf([1]), range: {} }],
    ['archive.range[0]: must be an integer from 0', { ...archiveOf([1]), range: [-1] }],
    ['archive.range[1]: must be an integer from 4', { ...archiveOf([1, 3]), range: [3, 3] }],
    ['archive.range[1]: must be an integer from 2', { ...archiveOf([1]), range: [1, 0] }],
    ['archive.revisions[0]: must be an integer from 1', { ...archiveOf([1]), revisions: { 0: {} } }],
    ['archive.revisions[3]: must be an object', with3(7)],
    ['archive.revisions[3].trx: must be an object', with3({ base: 1 })],
    ['archive.revisions[3].trx.trxId: ', with3({ base: 1, trx: { ...trx, trxId: '' } })],
    ['archive.revisions[3].trx.transform', with3({ base: 1, trx: { trxId: 't3', transform: 7 } })],
    ['archive.revisions[3].trx.rev: must be 3', with3({ base: 1, trx: { ...trx, rev: 4 } })],
    ['archive.revisions[3].base: must be an integer from 0', with3({ base: -1, trx })],
    ['archive.revisions[3].base: must be 1: the history has a hole', with3({ base: 2, trx })],
    ['archive.revisions[3].base: must be below 3', with3({ base: 3, trx, block: blockAfter(1, 3) }, {})],
    ['archive.revisions[3].base: must be below 3', with3({ base: 4, trx, block: blockAfter(1, 3) }, {})],
    ['archive.revisions[3].block', with3({ base: 1, trx, block: { list: [] } })],
    ['archive.revisions[3].block: is not what its transforms yield', with3({ base: 1, trx, block: blockAfter(3) })],
    ['archive.revisions[3]: repeats a transaction', with3({ base: 1, trx: { ...trx, trxId: 't1' } })],
    ['archive.revisions[3]: is the floor', with3({ base: 1, trx }, {})],
    ['archive.revisions[3]: lies outside the range', { ...archiveOf([1, 3]), range: [1, 3] }],
  ])('is refused, and the error says where and why: %s (INV-11)', (problem, archive) => {
    expect(() => check(archive)).toThrow(InvalidArchiveError);
    expect(() => check(archive)).toThrow(problem);
  });

  it('is so only where it covers what was asked for: below a floor that is not the beginning nothing is known', () => {
    expect(() => check(archiveOf([1, 3, 5], { above: 1 }), 2)).toThrow('does not cover revision 2');
    expect(check(archiveOf([3, 5]), 2).revisions).toHaveLength(2);
    expect(() => check(archiveOf([3, 5], { end: 6 }), 6)).toThrow('does not cover revision 6');
  });
});

describe('an archive that is sound', () => {
  it('needs no copy where it starts with a deletion', () => {
    const archive = {
      blockId: 'a',
      range: [5],
      revisions: { 5: { trx: { trxId: 't5', transform: { delete: true } }, base: 3 } },
    };
    expect(check(archive).floor).toBeUndefined();
    expect(check({ ...archive, revisions: { 5: { ...archive.revisions[5], base: undefined } } }).floor).toBeUndefined();
  });

  it('covers from its first revision on, wherever it says that its range begins', () => {
    expect(check({ ...archiveOf([3, 5]), range: [0] }).range).toStrictEqual([3]);
    expect(check({ ...archiveOf([3, 5]), range: [0, 9] }).range).toStrictEqual([3, 9]);
    expect(check({ ...archiveOf([3, 5]), range: [3, null] }).range).toStrictEqual([3]);
  });

  it('may list its revisions in whatever order', () => {
    const large = 2 ** 40;
    const archive = archiveOf([1, large, large + 2]);
    const entries = Object.entries(archive.revisions).reverse();
    const block = { block: blockAfter(1, large) satisfies IBlock };
    const reversed = Object.fromEntries(
      entries.map(([rev, revision]) => [rev, Number(rev) === large ? { ...revision, ...block } : revision]),
    );
    expect(Object.keys(reversed)).toEqual(['1', String(large + 2), String(large)]);
    expect(check({ ...archive, revisions: reversed }).revisions.map(({ rev }) => rev)).toEqual([1, large, large + 2]);
  });
});
