function Plain(): void {
  // Only its hidden classes are wanted.
}
Plain.prototype = Object.prototype;

const constructor: unknown = Plain;

/**
 * Makes plain objects, like `{}`, of hidden classes that only those made here share. V8 remembers some 1 500 first members
 * of objects that began as `{}`; a program that makes records keyed by ids has more of them, and then each object that
 * grows from `{}` gets classes of its own, kilobytes of them, and code that meets them all is slow.
 */
export const PlainObject = constructor as new () => Record<string, unknown>;
