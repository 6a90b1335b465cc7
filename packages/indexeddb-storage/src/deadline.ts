import type { Clock } from '@blockstrata/db-core';

/** A bound on the time that several steps may take together. It runs until {@link Deadline.callOff}. */
export class Deadline {
  readonly #passed: Promise<never>;
  readonly callOff: () => void;

  constructor(clock: Clock, timeoutMs: number, failure: () => Error) {
    let pass: (error: Error) => void;
    this.#passed = new Promise((_, reject) => (pass = reject));
    this.#passed.catch(() => undefined);
    this.callOff = clock.after(timeoutMs, () => pass(failure()));
  }

  /** Settles as `step` does, or rejects when the time has passed; `discard` then gets what came too late. */
  async orElse<T>(step: Promise<T>, discard?: (late: T) => void): Promise<T> {
    let late = false;
    step.then(
      result => late && discard?.(result),
      () => undefined,
    );
    return Promise.race([step, this.#passed]).catch((error: unknown) => {
      late = true;
      throw error;
    });
  }
}
