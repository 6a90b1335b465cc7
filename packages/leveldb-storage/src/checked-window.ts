import { CorruptRecordError } from '@blockstrata/db-core';
import type { TableFile } from './engine-files/level-tables.js';
import type { DamagedRange, TableGuard } from './engine-files/table-guard.js';
import { bytesOf, type KeyBound, type KeyBounds } from './scan-bounds.js';

/** A part of a range in which every table was checked, and what is left of the range behind it. */
export type CheckedWindow = { readonly window: KeyBounds; readonly rest?: KeyBounds };

/**
 * Checks the tables at the end of a range that is read first, and no more: a page of a long range costs a few tables.
 *
 * @throws CorruptRecordError if there is damage in the window.
 */
export async function nextCheckedWindow(guard: TableGuard, bounds: KeyBounds): Promise<CheckedWindow> {
  const unchecked = guard.unchecked(bytesOf(bounds.lower), bytesOf(bounds.upper));
  const edge = edgeOf(unchecked, bounds);
  if (edge !== undefined) await guard.check(unchecked.filter(table => covers(table, edge)));
  const left = edge === undefined ? [] : unchecked.filter(table => !covers(table, edge));
  const cut = outermost(left, bounds.reverse);
  const checked: CheckedWindow = cut === undefined ? { window: bounds } : cutAt(bounds, cut.toString());
  const { lower, upper } = checked.window;
  requireIntact(guard, bytesOf(lower), bytesOf(upper));
  return checked;
}

/** The same, but the window leaves damage out: it ends where the next damage begins. */
export async function nextIntactWindow(guard: TableGuard, bounds: KeyBounds): Promise<Partial<CheckedWindow>> {
  const { lower, upper, reverse } = bounds;
  const [low, high] = [bytesOf(lower), bytesOf(upper)];
  await guard.check(guard.unchecked(low, high));
  const damaged = firstOf(
    guard.damagedRanges(low, high).filter(range => reachesInto(range, bounds)),
    reverse,
  );
  if (damaged === undefined) return { window: bounds };
  const below: KeyBound = { key: damaged.from, inclusive: !damaged.fromInclusive };
  const above: KeyBound = { key: damaged.upTo, inclusive: false };
  const [window, rest] = reverse
    ? [partOf({ ...bounds, lower: above }), partOf({ ...bounds, upper: below })]
    : [partOf({ ...bounds, upper: below }), partOf({ ...bounds, lower: above })];
  return { ...(window && { window }), ...(rest && { rest }) };
}

// What ends just where the bounds begin was left out already.
function reachesInto({ from, fromInclusive, upTo }: DamagedRange, { lower, upper }: KeyBounds): boolean {
  const endsBelow = !lower.inclusive && Buffer.compare(upTo, bytesOf(lower)) === 0;
  const beginsAbove = !(upper.inclusive && fromInclusive) && Buffer.compare(from, bytesOf(upper)) === 0;
  return !endsBelow && !beginsAbove;
}

function firstOf(ranges: readonly DamagedRange[], reverse: boolean): DamagedRange | undefined {
  return ranges.reduce<DamagedRange | undefined>((first, range) => {
    if (first === undefined) return range;
    const isFirst = reverse ? Buffer.compare(range.upTo, first.upTo) > 0 : Buffer.compare(range.from, first.from) < 0;
    return isFirst ? range : first;
  }, undefined);
}

// Nothing where the ends have passed each other.
function partOf(bounds: KeyBounds): KeyBounds | undefined {
  const order = Buffer.compare(bytesOf(bounds.lower), bytesOf(bounds.upper));
  return order < 0 || (order === 0 && bounds.lower.inclusive && bounds.upper.inclusive) ? bounds : undefined;
}

/** @throws CorruptRecordError if there is damage where keys from `low` to `high` lie. */
function requireIntact(guard: TableGuard, low: Uint8Array, high: Uint8Array): void {
  const damage = guard.damageIn(low, high);
  if (damage !== undefined) throw new CorruptRecordError(damage.record, damage.problem);
}

// The key itself belongs to a table that is left, so it goes with the rest.
function cutAt(bounds: KeyBounds, key: string): CheckedWindow {
  const outside = { key, inclusive: false };
  const inside = { key, inclusive: true };
  return bounds.reverse
    ? { window: { ...bounds, lower: outside }, rest: { ...bounds, upper: inside } }
    : { window: { ...bounds, upper: outside }, rest: { ...bounds, lower: inside } };
}

function covers({ smallest, largest }: TableFile, key: Uint8Array): boolean {
  return Buffer.compare(smallest, key) <= 0 && Buffer.compare(largest, key) >= 0;
}

// Where reading meets the first of these tables.
function edgeOf(tables: readonly TableFile[], { lower, upper, reverse }: KeyBounds): Uint8Array | undefined {
  const outer = outermost(tables, reverse);
  if (outer === undefined) return undefined;
  const begin = bytesOf(reverse ? upper : lower);
  return isBefore(begin, outer, reverse) ? outer : begin;
}

// The first key of these tables in the order of reading.
function outermost(tables: readonly TableFile[], reverse: boolean): Buffer | undefined {
  let outer: Buffer | undefined;
  for (const { smallest, largest } of tables) {
    const key = Buffer.from(reverse ? largest : smallest);
    if (outer === undefined || isBefore(key, outer, reverse)) outer = key;
  }
  return outer;
}

function isBefore(a: Uint8Array, b: Uint8Array, reverse: boolean): boolean {
  const order = Buffer.compare(a, b);
  return reverse ? order > 0 : order < 0;
}
