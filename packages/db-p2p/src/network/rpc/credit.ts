import { untilAborted } from '../../storage/kernel/until-aborted.js';

/** How many parts may still be sent; a sender that has used it up waits for more. */
export class Credit {
  readonly #max: number;
  #left: number;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(initial: number, max: number) {
    this.#max = max;
    this.#left = Math.min(initial, max);
  }

  grant(credit: number): void {
    this.#left = Math.min(this.#left + credit, this.#max);
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Uses up one; waits until there is one. Rejects with the reason of `signal`. */
  async use(signal: AbortSignal): Promise<void> {
    while (this.#left === 0) {
      signal.throwIfAborted();
      this.#waiting ??= Promise.withResolvers<void>();
      await untilAborted(this.#waiting.promise, [signal]);
    }
    signal.throwIfAborted();
    this.#left--;
  }
}
