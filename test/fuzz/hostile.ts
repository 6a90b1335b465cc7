import { expect } from 'vitest';
import fc from 'fast-check';
import { BlockstrataError } from '@blockstrata/db-core';

/** Values of every kind that JavaScript has, and those that break naive code. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true,
    withSparseArray: true,
    withUnicodeString: true,
    maxDepth: 3,
    key: fc.oneof(fc.constantFrom('__proto__', 'constructor', 'length', '/', 'header', 'then', 'toJSON'), fc.string()),
  }),
  fc.constantFrom<unknown>(
    Number.NaN,
    -0,
    Infinity,
    2 ** 53,
    1.5,
    '',
    '\ud800',
    'x'.repeat(300),
    [],
    {},
    null,
    undefined,
    Symbol.iterator,
    () => 1,
  ),
  fc.constant(null).map(() => cyclic()),
);

function cyclic(): unknown {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = [cycle];
  return cycle;
}

/** Ids: plain, hostile, too long, malformed. */
export const anyIds: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 260 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '../../escape',
    '\0',
    'CON',
    '.',
    '..',
    '.store',
    'a/b',
    '\ud800',
    '',
    ' ',
    'x'.repeat(256),
    'x'.repeat(257),
  ),
);

/** Fails where anything but a typed error comes of `run`; whether it succeeded. */
export async function onlyTypedErrors(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof BlockstrataError)) throw error;
    expect(typeof error.code).toBe('string');
    return false;
  } finally {
    expect(Reflect.ownKeys(Object.prototype)).toEqual(OBJECT_KEYS);
    expect(Reflect.ownKeys(Array.prototype)).toEqual(ARRAY_KEYS);
  }
}

const OBJECT_KEYS = Reflect.ownKeys(Object.prototype);
const ARRAY_KEYS = Reflect.ownKeys(Array.prototype);
