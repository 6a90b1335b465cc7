/** What is listed: all of one listing are names, or all are numbers. */
export type Item = string | number;

/** The order of a listing: by number, or by code unit. */
export function compareItems(left: Item, right: Item): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The index of the first item that does not come before `item`. */
export function lowerBound(items: readonly Item[], item: Item): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle] as Item) < item) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `items` with those of `added` that it lacks; may change and return the same array. */
export function insertSorted(items: Item[], added: Item[]): Item[] {
  const last = items.at(-1);
  added.sort(compareItems);
  if (last === undefined || added[0] === undefined || added[0] > last) {
    items.push(...distinct(added));
    return items;
  }
  return distinct([...items, ...added].sort(compareItems));
}

/** `items` without `removed`; may change and return the same array. */
export function removeSorted(items: Item[], removed: readonly Item[]): Item[] {
  if (removed.length === 0) return items;
  const gone = new Set(removed);
  return items.filter(item => !gone.has(item));
}

/** What is to be made of a listing: `added` is sorted, and names none that is `deleted`. */
export type ItemChanges = { readonly added: readonly Item[]; readonly deleted: ReadonlySet<Item> };

/**
 * The items that are there once `changes` are made to `listed`, from `start` on.
 *
 * @param start where to begin, itself included; `undefined`: at the end from which it goes.
 */
export function* mergeItems(
  listed: readonly Item[],
  { added, deleted }: ItemChanges,
  start: Item | undefined,
  reverse: boolean,
): Generator<Item> {
  const step = reverse ? -1 : 1;
  let a = begin(listed, start, reverse);
  let b = begin(added, start, reverse);
  for (;;) {
    const left = listed[a];
    const right = added[b];
    if (left === undefined && right === undefined) return;
    if (right === undefined || (left !== undefined && (reverse ? left > right : left < right))) {
      a += step;
      if (left !== undefined && !deleted.has(left)) yield left;
    } else {
      b += step;
      if (left === right) a += step;
      yield right;
    }
  }
}

function begin(items: readonly Item[], start: Item | undefined, reverse: boolean): number {
  if (start === undefined) return reverse ? items.length - 1 : 0;
  const index = lowerBound(items, start);
  return reverse && items[index] !== start ? index - 1 : index;
}

function distinct(sorted: Item[]): Item[] {
  return sorted.filter((item, index) => index === 0 || item !== sorted[index - 1]);
}
