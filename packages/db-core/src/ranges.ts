import type { RevisionRange } from './model/block.js';

/**
 * Joins ranges that overlap or touch; the result is sorted, and no two of its ranges touch. Whether two ranges that
 * touch hold one unbroken history is for the caller to know.
 */
export function mergeRanges(ranges: readonly RevisionRange[]): RevisionRange[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: RevisionRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last && reaches(last, range[0])) {
      if (last[1] !== undefined && (range[1] === undefined || range[1] > last[1])) {
        merged[merged.length - 1] = toRange(last[0], range[1]);
      }
    } else {
      merged.push(toRange(range[0], range[1]));
    }
  }
  return merged;
}

/** The range that holds `rev`, if one does. */
export function rangeAt(ranges: readonly RevisionRange[], rev: number): RevisionRange | undefined {
  return ranges.find(([start, end]) => rev >= start && (end === undefined || rev < end));
}

/** A range without an `undefined` at its end. */
export function toRange(start: number, end?: number): RevisionRange {
  return end === undefined ? [start] : [start, end];
}

function reaches(range: RevisionRange, rev: number): boolean {
  return range[1] === undefined || range[1] >= rev;
}
