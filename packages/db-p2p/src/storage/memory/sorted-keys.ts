/** Dead keys that are put up with before they are swept, beside as many as there are live ones. */
const DEAD_KEYS_SLACK = 64;

/**
 * A set of keys that is sorted when it is read, not when it is written: keys that arrive in order cost nothing, others
 * wait unsorted for the next read. Removed keys stay until they are swept; `isLive` tells them apart.
 */
export class SortedKeys {
  readonly #isLive: (key: string) => boolean;
  #sorted: string[] = [];
  #added: string[] = [];
  #live = 0;

  constructor(isLive: (key: string) => boolean) {
    this.#isLive = isLive;
  }

  /** Live keys. */
  get size(): number {
    return this.#live;
  }

  /** Adds a key that is not live so far. */
  add(key: string): void {
    const last = this.#sorted.at(-1);
    if (this.#added.length === 0 && (last === undefined || last < key)) this.#sorted.push(key);
    else this.#added.push(key);
    this.#live++;
  }

  /** Says that a live key is live no longer. */
  remove(): void {
    this.#live--;
    if (this.#sorted.length + this.#added.length > 2 * this.#live + DEAD_KEYS_SLACK) this.#settle();
  }

  /** The live keys in order, from the first at or above `start`. */
  *ascending(start: string): Generator<string> {
    this.#settleAdded();
    const keys = this.#sorted;
    for (let i = lowerBound(keys, start); i < keys.length; i++) {
      const key = keys[i];
      if (key !== undefined && this.#isLive(key)) yield key;
    }
  }

  /** The live keys in descending order, from the last below `end`; no end: from the last. */
  *descending(end: string | undefined): Generator<string> {
    this.#settleAdded();
    const keys = this.#sorted;
    for (let i = (end === undefined ? keys.length : lowerBound(keys, end)) - 1; i >= 0; i--) {
      const key = keys[i];
      if (key !== undefined && this.#isLive(key)) yield key;
    }
  }

  #settleAdded(): void {
    if (this.#added.length > 0) this.#settle();
  }

  #settle(): void {
    const added = this.#added.sort();
    const merged: string[] = [];
    let next = 0;
    const push = (key: string) => {
      if (merged.at(-1) !== key && this.#isLive(key)) merged.push(key);
    };
    for (const key of this.#sorted) {
      for (let other = added[next]; other !== undefined && other < key; other = added[++next]) push(other);
      push(key);
    }
    for (; next < added.length; next++) push(added[next] ?? '');
    this.#sorted = merged;
    this.#added = [];
  }
}

function lowerBound(keys: readonly string[], bound: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
