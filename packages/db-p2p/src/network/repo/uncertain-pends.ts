import type { Clock, TrxId } from '@blockstrata/db-core';

type Uncertain = { calls: number; afterwards: (() => void) | undefined };

/** A pend that is out. */
export type SentPend = {
  /** Its answer is in. */
  settled(): void;
  /** Nobody waits for its answer any more; it can arrive at the peer for that long. */
  abandoned(forMs: number): void;
};

/**
 * The pends whose answer is out. A cancel that overtakes such a pend finds nothing to remove, so it has to be repeated
 * when the pend can no longer arrive.
 */
export class UncertainPends {
  readonly #clock: Clock;
  readonly #pends = new Map<TrxId, Uncertain>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A pend goes out. */
  begin(trxId: TrxId): SentPend {
    const uncertain = this.#pends.get(trxId) ?? { calls: 0, afterwards: undefined };
    this.#pends.set(trxId, uncertain);
    uncertain.calls++;
    let isOut = true;
    const settled = (): void => {
      if (!isOut) return;
      isOut = false;
      uncertain.calls--;
      if (uncertain.calls === 0) this.#end(trxId, uncertain);
    };
    return { settled, abandoned: forMs => void this.#clock.after(forMs, settled) };
  }

  /** Runs `repeat` once no pend of the transaction can arrive any more; not at all if none is out. */
  afterwards(trxId: TrxId, repeat: () => Promise<unknown>): void {
    const uncertain = this.#pends.get(trxId);
    if (uncertain === undefined) return;
    uncertain.afterwards = () => void repeat().catch(() => undefined);
  }

  clear(): void {
    this.#pends.clear();
  }

  #end(trxId: TrxId, uncertain: Uncertain): void {
    if (this.#pends.get(trxId) !== uncertain) return;
    this.#pends.delete(trxId);
    uncertain.afterwards?.();
  }
}
