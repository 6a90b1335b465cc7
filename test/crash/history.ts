import type { Message } from './messages.js';

/** Where a transaction may stand, by what the child told and what was found since. */
export type Standing = 'absent' | 'pending' | 'committed';

/** A transaction as the parent knows it. */
export type Trx = {
  readonly trxId: string;
  readonly blockIds: readonly string[];
  rev: number | undefined;
  /** Each is a state that it can be in; one alone is certain. */
  possible: readonly Standing[];
  /** What was asked for and not acknowledged. */
  inFlight: 'pend' | 'commit' | 'cancel' | undefined;
  /** Counts of messages, for the order in which commits were asked for and acknowledged. */
  commitAskedAt: number;
  commitAckedAt: number;
};

/** All that is known of the transactions of a store, over many children. */
export class History {
  readonly trxs = new Map<string, Trx>();
  revTaken = 0;
  acknowledged = 0;
  readonly failures: string[] = [];
  #told = 0;

  /** Takes in what a child told. */
  record(messages: readonly Message[]): void {
    for (const message of messages) this.#take(message, ++this.#told);
  }

  /** The transactions that something was asked of without an answer. */
  get inFlight(): Trx[] {
    return [...this.trxs.values()].filter(trx => trx.inFlight !== undefined);
  }

  /** A transaction was found in a state, or brought to it. */
  settle(trx: Trx, standing: Standing): void {
    trx.possible = [standing];
    trx.inFlight = undefined;
    if (standing === 'committed') trx.commitAckedAt = Math.min(trx.commitAckedAt, ++this.#told);
  }

  #take(message: Message, at: number): void {
    switch (message[0]) {
      case 'pend':
        return this.#begin(message[1], message[2]);
      case 'pended':
        return this.#acknowledge(message[1], 'pending');
      case 'commit': {
        const trx = this.#trx(message[1]);
        Object.assign(trx, {
          rev: message[2],
          possible: ['pending', 'committed'],
          inFlight: 'commit',
          commitAskedAt: at,
        });
        this.revTaken = Math.max(this.revTaken, message[2]);
        return;
      }
      case 'committed':
        this.#trx(message[1]).commitAckedAt = at;
        return this.#acknowledge(message[1], 'committed');
      case 'cancel':
        Object.assign(this.#trx(message[1]), { possible: ['pending', 'absent'], inFlight: 'cancel' });
        return;
      case 'cancelled':
        return this.#acknowledge(message[1], 'absent');
      case 'failed':
        this.failures.push(message[1]);
        return;
      case 'opening':
      case 'open':
      case 'closing':
      case 'closed':
    }
  }

  #begin(trxId: string, blockIds: readonly string[]): void {
    this.trxs.set(trxId, {
      trxId,
      blockIds,
      rev: undefined,
      possible: ['absent', 'pending'],
      inFlight: 'pend',
      commitAskedAt: Number.POSITIVE_INFINITY,
      commitAckedAt: Number.POSITIVE_INFINITY,
    });
  }

  #acknowledge(trxId: string, standing: Standing): void {
    this.acknowledged++;
    Object.assign(this.#trx(trxId), { possible: [standing], inFlight: undefined });
  }

  #trx(trxId: string): Trx {
    const trx = this.trxs.get(trxId);
    if (trx === undefined) throw new RangeError(`nothing is known of ${trxId}`);
    return trx;
  }
}
