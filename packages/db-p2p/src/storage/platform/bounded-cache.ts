type Entry<Value> = { readonly value: Value; readonly size: number };

/**
 * The part of `lru-cache` that the storage uses, in a tenth of its bytes: for pages, which load what they run. It keeps
 * what was used last, up to `max` entries and a `maxSize` of them all together.
 */
export class BoundedCache<Key, Value> {
  /** In the order of their last use. */
  readonly #entries = new Map<Key, Entry<Value>>();
  readonly #max: number;
  readonly #maxSize: number;
  #size = 0;

  constructor({ max = Infinity, maxSize = Infinity }: { max?: number; maxSize?: number }) {
    this.#max = max;
    this.#maxSize = maxSize;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: Key, value: Value, { size = 1 }: { size?: number } = {}): this {
    this.delete(key);
    if (size > this.#maxSize) return this;
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max && this.#size <= this.#maxSize) break;
      this.delete(oldest);
    }
    return this;
  }

  delete(key: Key): boolean {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}
