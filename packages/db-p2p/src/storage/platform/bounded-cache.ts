type Entry<Key, Value> = {
  readonly key: Key;
  readonly value: Value;
  readonly size: number;
  /** Used before this one, and after it. */
  older: Entry<Key, Value> | undefined;
  newer: Entry<Key, Value> | undefined;
};

/**
 * The part of `lru-cache` that the storage uses, in a tenth of its bytes: for pages, which load what they run. It keeps
 * what was used last, up to `max` entries and a `maxSize` of them all together.
 */
export class BoundedCache<Key, Value> {
  readonly #entries = new Map<Key, Entry<Key, Value>>();
  readonly #max: number;
  readonly #maxSize: number;
  #size = 0;
  // A list through the entries: the order of a Map would have to be renewed at each use, which is ten times as slow.
  #oldest: Entry<Key, Value> | undefined;
  #newest: Entry<Key, Value> | undefined;

  constructor({ max = Infinity, maxSize = Infinity }: { max?: number; maxSize?: number }) {
    this.#max = max;
    this.#maxSize = maxSize;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#append(entry);
    }
    return entry.value;
  }

  set(key: Key, value: Value, { size = 1 }: { size?: number } = {}): this {
    this.delete(key);
    if (size > this.#maxSize) return this;
    const entry = { key, value, size, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#append(entry);
    this.#size += size;
    while (this.#oldest !== undefined && (this.#entries.size > this.#max || this.#size > this.#maxSize)) {
      this.delete(this.#oldest.key);
    }
    return this;
  }

  delete(key: Key): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#unlink(entry);
    this.#size -= entry.size;
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
    this.#oldest = this.#newest = undefined;
  }

  #append(entry: Entry<Key, Value>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ older, newer }: Entry<Key, Value>): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
