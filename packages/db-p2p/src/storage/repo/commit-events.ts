import type { Logger } from '@blockstrata/db-core';
import type { LogEntry } from '../records.js';

/** A commit or a restoration that became durable and visible; `detail` is its log entry. */
export type CommitEvent = CustomEvent<LogEntry>;

/** Hears of commits. */
export type CommitListener = ((event: CommitEvent) => void) | { handleEvent(event: CommitEvent): void };

/** As for any EventTarget. */
export type ListenOptions = boolean | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal };

/** A typed EventTarget whose listeners cannot harm each other, or the process: what they throw is logged. */
export class CommitEvents {
  readonly #target = new EventTarget();
  readonly #wrapped = new WeakMap<CommitListener, (event: Event) => void>();
  readonly #report: Logger['error'];

  /** `report` hears of listeners that fail. */
  constructor(report: Logger['error']) {
    this.#report = report;
  }

  add(listener: CommitListener, options?: ListenOptions): void {
    let wrapped = this.#wrapped.get(listener);
    if (wrapped === undefined) {
      wrapped = event => this.#call(listener, event as CommitEvent);
      this.#wrapped.set(listener, wrapped);
    }
    this.#target.addEventListener('commit', wrapped, options);
  }

  remove(listener: CommitListener, options?: ListenOptions): void {
    const wrapped = this.#wrapped.get(listener);
    if (wrapped !== undefined) this.#target.removeEventListener('commit', wrapped, options);
  }

  dispatch(entry: LogEntry): void {
    this.#target.dispatchEvent(new CustomEvent('commit', { detail: entry }));
  }

  #call(listener: CommitListener, event: CommitEvent): void {
    try {
      const returned: unknown = typeof listener === 'function' ? listener(event) : listener.handleEvent(event);
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#report('a listener failed: %s', error));
    } catch (error) {
      this.#report('a listener failed: %s', error);
    }
  }
}
