import { PlainObject } from './plain-object.js';

/**
 * The data model of a block's content: null, boolean, finite number, well-formed string, `Uint8Array`, arrays and plain
 * objects of these.
 */

/** Why a value is no content, and where in it the offender sits. */
export class ContentProblem extends Error {
  readonly path: (string | number)[] = [];
}

/**
 * A frozen copy of `value`, so that nothing that its owner does later reaches it (INV-13). -0 becomes 0.
 *
 * @param depthMax how many arrays and objects may be nested.
 * @throws ContentProblem with the path to the first value that is no content.
 */
export function copyContent(value: unknown, depthMax: number): unknown {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new ContentProblem('is not well-formed Unicode: it holds a lone surrogate');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new ContentProblem(`is ${value}: only finite numbers can be stored`);
      return value === 0 ? 0 : value;
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (depthMax === 0) throw new ContentProblem('is nested too deeply');
      if (Array.isArray(value)) return copyArray(value, depthMax - 1);
      if (value instanceof Uint8Array) return new Uint8Array(value);
      return copyObject(value, depthMax - 1);
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      throw new ContentProblem(`is of type ${typeof value}, which cannot be stored`);
  }
}

function copyArray(array: readonly unknown[], depthMax: number): unknown[] {
  const copy = new Array<unknown>(array.length);
  for (let i = 0; i < array.length; i++) {
    try {
      copy[i] = copyContent(array[i], depthMax);
    } catch (error) {
      throw located(error, i);
    }
  }
  return Object.freeze(copy) as unknown[];
}

function copyObject(object: object, depthMax: number): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    throw new ContentProblem(`is a ${object.constructor?.name ?? 'class instance'}, which is no plain object`);
  }
  if (Object.getOwnPropertySymbols(object).length > 0) throw new ContentProblem('has a symbol for a key');
  const keys = Object.keys(object);
  for (const key of keys) {
    if (key === '__proto__' || key === '/') throw located(new ContentProblem('is a key that is reserved'), key);
    if (!key.isWellFormed()) throw located(new ContentProblem('is a key that is not well-formed Unicode'), key);
  }
  // What is nested is then replaced. Not a spread: V8 gives each object that began as one a hidden class of its own once it
  // is frozen.
  const copy = Object.assign(new PlainObject(), object);
  for (const key of keys) {
    const value = copy[key];
    try {
      const own = copyContent(value, depthMax);
      if (own !== value || own === 0) copy[key] = own;
    } catch (error) {
      throw located(error, key);
    }
  }
  return Object.freeze(copy);
}

/**
 * Whether two contents are the same value; key order is no part of it.
 */
export function contentEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => contentEquals(x, b[i]));
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && bytesEqual(a, b);
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      key =>
        Object.hasOwn(b, key) &&
        contentEquals((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function located(error: unknown, key: string | number): unknown {
  if (error instanceof ContentProblem) error.path.unshift(key);
  return error;
}
