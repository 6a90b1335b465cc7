/** One change of a text, in code points: at a place, so many are removed, and some inserted. */
export type Edit = { readonly at: number; readonly remove: number; readonly insert: readonly string[] };

/** A text as its code points, so that no change can tear a character apart. */
export type Characters = readonly string[];

/** The code points of a text. */
export function charactersOf(text: string): Characters {
  return Array.from(text);
}

/** The text after an edit. */
export function applyEdit(text: Characters, { at, remove, insert }: Edit): Characters {
  return [...text.slice(0, at), ...insert, ...text.slice(at + remove)];
}

/** The smallest single edit from one text to another; `undefined` where they are equal. */
export function editBetween(before: Characters, after: Characters): Edit | undefined {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const remove = before.length - start - end;
  const insert = after.slice(start, after.length - end);
  return remove === 0 && insert.length === 0 ? undefined : { at: start, remove, insert };
}

/** Where a place in the text is after an edit by someone else. */
export function shiftPlace(place: number, { at, remove, insert }: Edit): number {
  if (place <= at) return place;
  return place >= at + remove ? place + insert.length - remove : at + insert.length;
}

/** The edit that means the same after another one: what both removed is removed once. */
export function shiftEdit(edit: Edit, other: Edit): Edit {
  const at = shiftPlace(edit.at, other);
  const end = Math.max(at, shiftPlace(edit.at + edit.remove, other));
  // What the other inserted inside our removal goes with it, unless we remove nothing.
  return { at, remove: edit.remove === 0 ? 0 : end - at, insert: edit.insert };
}
