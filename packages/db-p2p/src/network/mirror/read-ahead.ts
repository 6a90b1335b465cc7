/** Reads a source ahead of its consumer, up to a cap, and hands out whatever has arrived (INV-12). */
export class ReadAhead<T> {
  readonly #itemsMax: number;
  #items: T[] = [];
  #outcome: { readonly error?: unknown } | undefined;
  #arrived = Promise.withResolvers<void>();
  #taken = Promise.withResolvers<void>();

  constructor(source: AsyncIterable<T>, itemsMax: number) {
    this.#itemsMax = itemsMax;
    void this.#pump(source);
  }

  /** All that has arrived, in order; waits until there is something. Empty: the source has ended. Rejects as the source did. */
  async take(): Promise<readonly T[]> {
    while (this.#items.length === 0 && this.#outcome === undefined) {
      await this.#arrived.promise;
      this.#arrived = Promise.withResolvers<void>();
    }
    const items = this.#items;
    this.#items = [];
    this.#taken.resolve();
    if (items.length === 0 && this.#outcome !== undefined && 'error' in this.#outcome) throw this.#outcome.error;
    return items;
  }

  async #pump(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of source) {
        this.#items.push(item);
        this.#arrived.resolve();
        if (this.#items.length < this.#itemsMax) continue;
        this.#taken = Promise.withResolvers<void>();
        await this.#taken.promise;
      }
      this.#outcome = {};
    } catch (error) {
      this.#outcome = { error };
    }
    this.#arrived.resolve();
  }
}
