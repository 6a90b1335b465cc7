import type { Clock } from '@blockstrata/db-core';

type Timer = { readonly due: number; readonly fire: () => void };

/** Time that stands still until a timer is due, and then jumps there. */
export class WorldClock implements Clock {
  #now: number;
  #timers: Timer[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, fire: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, delayMs), fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
    };
  }

  /** Goes on to the timer that is due next; false: there is none. */
  fireNext(): boolean {
    if (this.#timers.length === 0) return false;
    const next = this.#timers.reduce((first, timer) => (timer.due < first.due ? timer : first));
    this.#timers = this.#timers.filter(timer => timer !== next);
    this.#now = Math.max(this.#now, next.due);
    next.fire();
    return true;
  }
}
