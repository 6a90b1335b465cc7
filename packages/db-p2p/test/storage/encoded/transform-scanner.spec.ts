import { copyBlock, copyTransform, DEFAULT_LIMITS } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { EncodedBlock, EncodedTransform } from '../../../src/storage/encoded/encoded-transform.js';
import { encodeStored } from '../../../src/storage/encoded/encoded-value.js';
import { TransformScanner } from '../../../src/storage/encoded/transform-scanner.js';

const header = { id: 'a', type: 't', collectionId: 'a' };
const scannerOf = (value: unknown) => new TransformScanner(encodeStored(value), 1_000, 'a', DEFAULT_LIMITS);

/** What comes of it, or why it is refused. */
function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Error).message;
  }
}

const plain: readonly unknown[] = [
  {},
  { delete: true },
  { updates: [] },
  {
    updates: [
      ['list', 0, 1, [2]],
      ['list', -1, 0, 'text'],
      ['other', 3, 0, []],
    ],
  },
  { insert: { header } },
  { updates: [['list', 0, 0, []]], insert: { header, list: [1, [2]] }, delete: true },
];
const others: readonly unknown[] = [
  { delete: false },
  { delete: true, more: 1 },
  { insert: { list: [] } },
  { insert: { header: { ...header, id: 'b' } } },
  { updates: [['list', 0, 0, [], 5]] },
  { updates: [['list', 0, 0]] },
  { updates: [['header', -1, 0, header]] },
  { updates: [['/', 0, 0, []]] },
  { updates: [['list', -2, 0, []]] },
  { updates: [['list', 0, -1, []]] },
  {
    updates: [
      ['list', 0, 0, [1]],
      ['header', 0, 0, []],
    ],
  },
];

describe('a transform that arrives', () => {
  it('stays encoded where a store would write it so, and is what copying it gives', () => {
    for (const value of plain) {
      const source = encodeStored(value);
      const scanned = new TransformScanner(source, 1_000, 'a', DEFAULT_LIMITS).transform('transform');
      expect(scanned).toBeInstanceOf(EncodedTransform);
      if (!(scanned instanceof EncodedTransform)) continue;
      expect(scanned.decode()).toEqual(copyTransform(value, 'a', 'transform', DEFAULT_LIMITS));
      expect([scanned.byteLength, scanned.bytes]).toEqual([source.length, source]);
      expect(scanned.deletes).toBe((value as { delete?: boolean }).delete === true);
    }
  });

  it('is otherwise decoded and copied, or refused for the same reason', () => {
    for (const value of others) {
      const scanned = outcome(() => scannerOf(value).transform('transform'));
      expect(scanned).not.toBeInstanceOf(EncodedTransform);
      expect(scanned).toEqual(outcome(() => copyTransform(value, 'a', 'transform', DEFAULT_LIMITS)));
    }
  });

  it('is told by its operations: what they change, where, and how long what they insert is', () => {
    const scanned = scannerOf({
      updates: [
        ['list', 2, 1, [5, 6]],
        ['list', 0, 0, []],
        ['text', -1, 0, 'x'],
      ],
    });
    const { updates } = scanned.transform('transform') as EncodedTransform;
    expect(updates?.map(({ name, index, deleteCount, length }) => [name, index, deleteCount, length])).toEqual([
      ['list', 2, 1, 2],
      ['list', 0, 0, 0],
      ['text', -1, 0, -1],
    ]);
    expect(updates?.map(operation => operation.value())).toEqual([[5, 6], [], 'x']);
  });

  it('may have any number of operations', () => {
    const updates = Array.from({ length: 30 }, (_, i) => ['list', i, 0, [i]]);
    const scanned = scannerOf({ updates }).transform('transform') as EncodedTransform;
    expect(scanned.updates?.map(({ index }) => index)).toEqual(updates.map((_, i) => i));
  });
});

describe('a copy that arrives', () => {
  it('stays encoded where a store would write it so, with its entities told apart', () => {
    const value = { header, list: [1, 2, 3], text: 'x' };
    const scanned = scannerOf(value).block('block') as EncodedBlock;
    expect(scanned).toBeInstanceOf(EncodedBlock);
    expect(scanned.decode()).toEqual(value);
    expect(scanned.entities.map(({ name, length }) => [name, length])).toEqual([
      ['header', -1],
      ['list', 3],
      ['text', -1],
    ]);
  });

  it('is otherwise refused as copying it is', () => {
    for (const value of [{ list: [] }, { header: { ...header, id: 'b' } }]) {
      expect(outcome(() => scannerOf(value).block('block'))).toEqual(
        outcome(() => copyBlock(value, 'a', 'block', DEFAULT_LIMITS)),
      );
    }
  });

  it('is refused where it, or what is inserted, has a reserved name', () => {
    for (const name of ['/', '__proto__']) {
      const value: unknown = Object.fromEntries<unknown>([
        ['header', header],
        [name, []],
      ]);
      for (const read of [
        () => scannerOf(value).block('block'),
        () => scannerOf({ insert: value }).transform('transform'),
        () => scannerOf({ updates: [[name, 0, 0, []]] }).transform('transform'),
      ]) {
        expect(read).toThrow(/reserved|is no entity/);
      }
    }
  });
});
