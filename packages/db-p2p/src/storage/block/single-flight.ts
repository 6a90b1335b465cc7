import { untilAborted } from '../kernel/until-aborted.js';

type Flight = { readonly promise: Promise<unknown>; readonly abort: AbortController; passengers: number };

/** Concurrent asks for the same thing share one call, which is called off when the last of them is. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>();

  /** What the call under way for `key` comes to, or that of a new one. An abort of `signals` ends only this wait. */
  async run<T>(key: string, signals: readonly AbortSignal[], call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (const signal of signals) signal.throwIfAborted();
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const abort = new AbortController();
      const promise = call(abort.signal).finally(() => this.#land(key, abort));
      promise.catch(() => undefined);
      this.#flights.set(key, (flight = { promise, abort, passengers: 0 }));
    }
    flight.passengers++;
    try {
      return (await untilAborted(flight.promise, signals)) as T;
    } finally {
      flight.passengers--;
      if (flight.passengers === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key);
        flight.abort.abort(signals.find(signal => signal.aborted)?.reason);
      }
    }
  }

  #land(key: string, abort: AbortController): void {
    if (this.#flights.get(key)?.abort === abort) this.#flights.delete(key);
  }
}
