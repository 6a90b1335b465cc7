import type { Clock } from '@blockstrata/db-core';

/** A clock that stands still, and whose timers fire when a test says so. */
export class ManualClock implements Clock {
  readonly #timers = new Set<() => void>();
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now++;
  }

  after(_delayMs: number, fire: () => void): () => void {
    const timer = () => fire();
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Fires the timers that are set now. */
  fire(): void {
    const due = [...this.#timers];
    this.#timers.clear();
    for (const timer of due) timer();
  }
}
