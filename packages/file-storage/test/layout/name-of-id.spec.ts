import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idOfName, isHashedName, nameOfId } from '../../src/layout/name-of-id.js';

const RUNS = 5_000;
const RESERVED = ['con', 'prn', 'aux', 'nul', 'com1', 'lpt9', 'CON', 'Nul', 'con.txt', 'aux.tar.gz', 'com0'];
const HOSTILE = [
  '.',
  '..',
  '.store',
  '../../escape',
  'a/b',
  'a\\b',
  'a.',
  ' a',
  'a ',
  '~',
  '%41',
  'A',
  'ä',
  'é',
  'a:b',
  '\0',
];

/** Ids as callers choose them, those that are trouble more often. */
const id = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 256 }),
  fc.constantFrom(...RESERVED, ...HOSTILE, '__proto__', 'constructor'),
  fc.stringMatching(/^[a-zA-Z.]{1,4}$/),
);

/** How a disk may see two names as one. */
const foldings: readonly ((name: string) => string)[] = [
  name => name.toLowerCase(),
  name => name.toUpperCase(),
  name => name.normalize('NFC'),
  name => name.normalize('NFD'),
  name => name.normalize('NFKC').toLowerCase(),
];

describe('the file name of an id', () => {
  it('is its own on disks that ignore case or normalise Unicode', () => {
    fc.assert(
      fc.property(id, id, (left, right) => {
        fc.pre(left !== right);
        for (const fold of foldings) expect(fold(nameOfId(left))).not.toBe(fold(nameOfId(right)));
      }),
      { numRuns: RUNS },
    );
  });

  it('differs for ids that differ in case or normalisation alone', () => {
    fc.assert(
      fc.property(id, fc.constantFrom(...foldings), (one, fold) => {
        const other = fold(one);
        fc.pre(other !== one && other !== '');
        expect(nameOfId(one).toLowerCase()).not.toBe(nameOfId(other).toLowerCase());
      }),
      { numRuns: RUNS },
    );
  });

  it('tells the id again, unless it was too long', () => {
    fc.assert(
      fc.property(id, one => {
        const name = nameOfId(one);
        expect(idOfName(name)).toBe(isHashedName(name) ? undefined : one);
      }),
      { numRuns: RUNS },
    );
  });

  it('is fit for every disk: plain ASCII, short, not hidden, not reserved, one part of a path', () => {
    fc.assert(
      fc.property(id, one => {
        const name = nameOfId(one);
        expect(name).toMatch(/^[a-z0-9%_~-]([a-z0-9%_.-]*[a-z0-9%_-])?$/);
        expect(name.length).toBeLessThanOrEqual(120);
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
      }),
      { numRuns: RUNS },
    );
  });

  it.each(RESERVED)('is no reserved name for %j, and tells it again', reserved => {
    expect(nameOfId(reserved).toLowerCase()).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
    expect(idOfName(nameOfId(reserved))).toBe(reserved);
  });

  it('keeps what can be read readable', () => {
    expect(nameOfId('notes-2026_v1.md')).toBe('notes-2026_v1.md');
    expect(nameOfId('Note')).toBe('%4eote');
    expect(nameOfId('.store')).toBe('%2estore');
  });

  it('stands for no id where escaping never makes it', () => {
    for (const name of ['A', '%41%', '%4E', '.store', 'a.', '', '%zz', 'ä', 'con'])
      expect(idOfName(name)).toBeUndefined();
  });
});
