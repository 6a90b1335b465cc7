import { InvalidRequestError } from '../errors.js';
import type { Limits } from '../limits.js';
import { REVISION_MAX } from '../limits.js';

/** The elements of small checks that every request is made of. Each throws InvalidRequestError with the path. */

/** A plain record of options or of a request. */
export function requireObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRequestError(path, 'must be an object');
  }
  return value as Record<string, unknown>;
}

/** An array of at most `lengthMax` elements. */
export function requireArray(value: unknown, path: string, lengthMax: number): unknown[] {
  if (!Array.isArray(value)) throw new InvalidRequestError(path, 'must be an array');
  if (value.length > lengthMax)
    throw new InvalidRequestError(path, `has ${value.length} elements: ${lengthMax} at most`);
  // Holes would be passed over by whatever goes through the elements.
  return value.includes(undefined) ? Array.from(value as unknown[]) : value;
}

/** A block or transaction id. */
export function requireId(value: unknown, path: string, limits: Limits): string {
  if (typeof value !== 'string') throw new InvalidRequestError(path, 'must be a string');
  if (value.length === 0) throw new InvalidRequestError(path, 'must not be empty');
  if (!value.isWellFormed())
    throw new InvalidRequestError(path, 'is not well-formed Unicode: it holds a lone surrogate');
  // UTF-8 needs at most 3 bytes for a UTF-16 unit, so most ids need no counting.
  if (value.length * 3 > limits.idBytesMax && utf8Length(value) > limits.idBytesMax) {
    throw new InvalidRequestError(path, `has ${utf8Length(value)} bytes of UTF-8: ${limits.idBytesMax} at most`);
  }
  return value;
}

/** An integer from `min` to {@link REVISION_MAX}. */
export function requireRevision(value: unknown, path: string, min = 1): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw new InvalidRequestError(path, `must be an integer from ${min} to ${REVISION_MAX}`);
  }
  return value;
}

/** The path to a key below a path. */
export function at(path: string, key: string | number): string {
  return typeof key === 'number' ? `${path}[${key}]` : `${path}[${JSON.stringify(key)}]`;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
}
