import { LimitExceededError } from '@blockstrata/db-core';
import type { NetworkLimits } from '../limits.js';

/**
 * What each peer has under way, over all of its streams and connections, and what all of them have together (INV-12).
 */
export class PeerBudgets {
  readonly #limits: NetworkLimits;
  readonly #peers = new Map<string, PeerBudget>();
  #bytes = 0;

  constructor(limits: NetworkLimits) {
    this.#limits = limits;
  }

  /** Peers with something under way. */
  get peers(): number {
    return this.#peers.size;
  }

  /** Bytes that all peers have under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a stream of the peer; `undefined` if that is one too many. Give it back with {@link PeerBudget.closeStream}. */
  openStream(peer: string): PeerBudget | undefined {
    let budget = this.#peers.get(peer);
    if (budget === undefined)
      this.#peers.set(
        peer,
        (budget = new PeerBudget(
          this.#limits,
          delta => this.#take(delta),
          () => this.#peers.delete(peer),
        )),
      );
    return budget.openStream() ? budget : undefined;
  }

  #take(delta: number): void {
    if (delta > 0 && this.#bytes + delta > this.#limits.serviceBytesInFlightMax) {
      const { serviceBytesInFlightMax } = this.#limits;
      throw new LimitExceededError('serviceBytesInFlightMax', serviceBytesInFlightMax, 'too much is under way');
    }
    this.#bytes += delta;
  }
}

/** What one peer has under way. */
export class PeerBudget {
  readonly #limits: NetworkLimits;
  readonly #takeOfService: (delta: number) => void;
  readonly #onIdle: () => void;
  readonly #waiting = new Set<() => void>();
  #streams = 0;
  #requests = 0;
  #standing = 0;
  #bytes = 0;

  constructor(limits: NetworkLimits, takeOfService: (delta: number) => void, onIdle: () => void) {
    this.#limits = limits;
    this.#takeOfService = takeOfService;
    this.#onIdle = onIdle;
  }

  openStream(): boolean {
    if (this.#streams >= this.#limits.peerStreamsMax) return false;
    this.#streams++;
    return true;
  }

  closeStream(): void {
    this.#streams--;
    if (this.#streams === 0) this.#onIdle();
  }

  /** Whether a request may be started now; a large message must still fit. */
  hasRoom(requestsMax: number): boolean {
    const { peerBytesInFlightMax, messageBytesMax } = this.#limits;
    return this.#requests < requestsMax && this.#bytes <= peerBytesInFlightMax - messageBytesMax;
  }

  /** Calls `wake` once, when something ended. */
  onRoom(wake: () => void): void {
    this.#waiting.add(wake);
  }

  startRequest(): void {
    this.#requests++;
  }

  endRequest(): void {
    this.#requests--;
    this.#wake();
  }

  /** @throws LimitExceededError */
  startStanding(): void {
    const { peerFeedsMax } = this.#limits;
    if (this.#standing >= peerFeedsMax) throw new LimitExceededError('peerFeedsMax', peerFeedsMax, 'too many feeds');
    this.#standing++;
  }

  endStanding(): void {
    this.#standing--;
  }

  /** Counts bytes in, or out where `delta` is negative. @throws LimitExceededError */
  takeBytes(delta: number): void {
    const { peerBytesInFlightMax } = this.#limits;
    if (delta > 0 && this.#bytes + delta > peerBytesInFlightMax) {
      throw new LimitExceededError('peerBytesInFlightMax', peerBytesInFlightMax, 'a peer has too much under way');
    }
    this.#takeOfService(delta);
    this.#bytes += delta;
    if (delta < 0) this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) {
      this.#waiting.delete(wake);
      wake();
    }
  }
}
