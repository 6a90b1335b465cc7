import { contentEquals } from '@blockstrata/db-core';

/** A backend broke its contract. Carries what test runners show of an assertion: `expected`, `actual`. */
export class ConformanceError extends Error {
  readonly code = 'ERR_ASSERTION';

  constructor(
    message: string,
    readonly actual?: unknown,
    readonly expected?: unknown,
  ) {
    super(message);
    this.name = 'AssertionError';
  }
}

/** Fails unless `condition` holds. */
export function ok(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ConformanceError(message);
}

/** Fails unless the two are the same value: contents by content, everything else by `Object.is`. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!contentEquals(actual, expected) && !Object.is(actual, expected)) {
    throw new ConformanceError(`${what}: got ${show(actual)} instead of ${show(expected)}`, actual, expected);
  }
}

/** Fails if `value` is absent. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ConformanceError(`${what} is absent`);
  return value;
}

/** Fails unless `value` is frozen in all its depth, byte arrays apart (INV-13). */
export function frozen(value: unknown, what: string): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  ok(Object.isFrozen(value), `${what} is not frozen`);
  for (const [key, child] of Object.entries(value)) frozen(child, `${what}.${key}`);
}

/** Fails unless `run` rejects with an error of one of the codes; returns that error. */
export async function rejects(run: () => unknown, codes: readonly string[], what: string): Promise<unknown> {
  const [outcome] = await Promise.allSettled([(async () => run())()]);
  if (outcome.status === 'fulfilled') {
    throw new ConformanceError(
      `${what}: resolved with ${show(outcome.value)} instead of failing with ${codes.join(' or ')}`,
    );
  }
  const error: unknown = outcome.reason;
  if (codes.includes(codeOf(error))) return error;
  throw new ConformanceError(`${what}: failed with ${show(error)} instead of ${codes.join(' or ')}`, error, codes);
}

/** Fails unless `run` rejects with exactly `reason`. */
export async function rejectsWith(run: () => unknown, reason: unknown, what: string): Promise<void> {
  const [outcome] = await Promise.allSettled([(async () => run())()]);
  if (outcome.status === 'fulfilled') throw new ConformanceError(`${what}: resolved with ${show(outcome.value)}`);
  ok(Object.is(outcome.reason, reason), `${what}: failed with ${show(outcome.reason)} instead of ${show(reason)}`);
}

/** The `code` of an error; of a TypeError, its name; empty where there is none. */
export function codeOf(error: unknown): string {
  if (error instanceof TypeError && !('code' in error)) return 'TypeError';
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

const SHOWN_LENGTH_MAX = 300;

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Uint8Array) return `${value.length} bytes [${value.subarray(0, 16).join(' ')}]`;
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
