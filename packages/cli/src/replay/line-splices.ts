import type { BlockOperation } from '@blockstrata/db-core';
import { diffArrays } from 'diff';

/** Lines added and deleted up to which the shortest difference is looked for; its cost grows with their square. */
export const EDITS_MAX = 1_000;

/** Lines that the splices of one change may move in all, as each of them copies the array. */
export const MOVED_LINES_MAX = 20_000_000;

/**
 * The splices that turn one array of lines into another, in order. The same arrays always give the same splices. Where
 * the shortest difference would take too long to find or to apply, it is one splice of what lies between the first and
 * the last line that differ.
 */
export function lineSplices(entity: string, before: readonly string[], after: readonly string[]): BlockOperation[] {
  const start = commonStart(before, after);
  const end = commonEnd(before, after, start);
  const oldMiddle = before.slice(start, before.length - end);
  const newMiddle = after.slice(start, after.length - end);
  if (oldMiddle.length === 0 && newMiddle.length === 0) return [];
  const whole: BlockOperation[] = [[entity, start, oldMiddle.length, newMiddle]];
  if (oldMiddle.length === 0 || newMiddle.length === 0) return whole;
  const shortest = shortestSplices(entity, start, oldMiddle, newMiddle);
  return shortest === undefined || shortest.length * after.length > MOVED_LINES_MAX ? whole : shortest;
}

function shortestSplices(
  entity: string,
  start: number,
  oldLines: string[],
  newLines: string[],
): BlockOperation[] | undefined {
  const parts = diffArrays(oldLines, newLines, { maxEditLength: EDITS_MAX });
  if (parts === undefined) return undefined;
  const splices: BlockOperation[] = [];
  let index = start;
  let deleteCount = 0;
  let inserted: string[] = [];
  const flush = () => {
    if (deleteCount > 0 || inserted.length > 0) splices.push([entity, index, deleteCount, inserted]);
    index += inserted.length;
    deleteCount = 0;
    inserted = [];
  };
  for (const part of parts) {
    if (part.removed) deleteCount += part.value.length;
    else if (part.added) inserted = inserted.length === 0 ? part.value : inserted.concat(part.value);
    else {
      flush();
      index += part.value.length;
    }
  }
  flush();
  return splices;
}

function commonStart(before: readonly string[], after: readonly string[]): number {
  const length = Math.min(before.length, after.length);
  let count = 0;
  while (count < length && before[count] === after[count]) count++;
  return count;
}

function commonEnd(before: readonly string[], after: readonly string[], start: number): number {
  const length = Math.min(before.length, after.length) - start;
  let count = 0;
  while (count < length && before[before.length - 1 - count] === after[after.length - 1 - count]) count++;
  return count;
}
