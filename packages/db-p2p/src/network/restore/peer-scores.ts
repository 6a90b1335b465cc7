import { LRUCache } from 'lru-cache';
import type { Clock } from '@blockstrata/db-core';
import type { NetworkLimits } from '../limits.js';

type Conduct = { latencyMs: number; faults: number; bannedUntil: number };

const LATENCY_MS_UNKNOWN = 200;
const FAULT_COST_MS = 2_000;
/** The share of the newest measurement in the average. */
const WEIGHT = 0.3;

/** How peers have behaved: who is asked first, and who not at all. */
export class PeerScores {
  readonly #conducts: LRUCache<string, Conduct>;
  readonly #clock: Clock;
  readonly #banMs: number;

  constructor({ scoredPeersMax, banMs }: NetworkLimits, clock: Clock) {
    this.#conducts = new LRUCache({ max: scoredPeersMax });
    this.#clock = clock;
    this.#banMs = banMs;
  }

  /** The peer answered well, so fast. */
  answered(peer: string, latencyMs: number): void {
    const conduct = this.#conductOf(peer);
    conduct.latencyMs = conduct.latencyMs * (1 - WEIGHT) + latencyMs * WEIGHT;
    conduct.faults = Math.max(0, conduct.faults - 1);
  }

  /** The peer was silent, broke off, or disagreed with those who agreed. */
  failed(peer: string): void {
    this.#conductOf(peer).faults++;
  }

  /** The peer sent what no honest one sends. */
  ban(peer: string): void {
    this.#conductOf(peer).bannedUntil = this.#clock.now() + this.#banMs;
  }

  isBanned(peer: string): boolean {
    return (this.#conducts.get(peer)?.bannedUntil ?? 0) > this.#clock.now();
  }

  /** What it is expected to cost to ask the peer; lower is better. */
  cost(peer: string): number {
    const conduct = this.#conducts.get(peer);
    return conduct === undefined ? LATENCY_MS_UNKNOWN : conduct.latencyMs + conduct.faults * FAULT_COST_MS;
  }

  #conductOf(peer: string): Conduct {
    let conduct = this.#conducts.get(peer);
    if (conduct === undefined) {
      conduct = { latencyMs: LATENCY_MS_UNKNOWN, faults: 0, bannedUntil: 0 };
      this.#conducts.set(peer, conduct);
    }
    return conduct;
  }
}
