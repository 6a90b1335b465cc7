/** Bounds how many calls are under way at once; more wait, first come first served (INV-12). */
export class CallWindow {
  readonly #callsMax: number;
  readonly #waiting: (() => void)[] = [];
  #calls = 0;

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  /** Waits for a place, and resolves with what gives it back. Rejects with the reason of `signal`. */
  async enter(signal?: AbortSignal): Promise<() => void> {
    if (this.#calls >= this.#callsMax) await this.#wait(signal);
    else this.#calls++;
    return () => this.#leave();
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#calls--;
    else next();
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(enter);
    });
  }
}
