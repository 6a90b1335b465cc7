import { untilAborted } from './until-aborted.js';

/** Wakes those who wait for the commit log to grow. */
export class LogGrowth {
  #next: { promise: Promise<void>; announce: () => void } | undefined;

  /** Resolves at the next growth; rejects with the reason of the first of `signals` that aborts. */
  async next(signals: readonly AbortSignal[]): Promise<void> {
    if (this.#next === undefined) {
      let announce: () => void = () => undefined;
      const promise = new Promise<void>(resolve => (announce = resolve));
      this.#next = { promise, announce };
    }
    await untilAborted(this.#next.promise, signals);
  }

  /** The log has grown. */
  announce(): void {
    this.#next?.announce();
    this.#next = undefined;
  }
}
