import { diskError } from './disk-error.js';
import type { DiskState } from './disk-state.js';

/** How a call fails. */
export type FaultKind = 'EIO' | 'ENOSPC' | 'short-write' | 'failed-sync';

/** Decides which calls of a disk fail. */
export interface FaultPlan {
  /** Called at each call but a write; throws if it is to fail. */
  next(call: string): void;
  /** Called at each write: how many of the bytes are taken, at least one; throws if it is to fail. */
  takes(bytes: number, state: DiskState): number;
}

export const NO_FAULTS: FaultPlan = { next: () => undefined, takes: bytes => bytes };

/**
 * Fails the nth call (from 1) that can fail in a way; with `forever` all later ones of the kind too. `fired` tells how
 * many failed: where it is 0, there is no nth call.
 */
export class NthCallFails implements FaultPlan {
  readonly #nth: number;
  readonly #kind: FaultKind;
  readonly #forever: boolean;
  #calls = 0;
  #fired = 0;

  constructor(nth: number, kind: FaultKind, forever: boolean) {
    this.#nth = nth;
    this.#kind = kind;
    this.#forever = forever;
  }

  get fired(): number {
    return this.#fired;
  }

  next(call: string): void {
    if (this.#canFail(call) && this.#isDue()) throw diskError(this.#kind === 'ENOSPC' ? 'ENOSPC' : 'EIO', call);
  }

  takes(bytes: number): number {
    if (!this.#canFail('write') || !this.#isDue()) return bytes;
    if (this.#kind === 'short-write') return Math.max(1, bytes >> 1);
    throw diskError(this.#kind, 'write');
  }

  #canFail(call: string): boolean {
    switch (this.#kind) {
      case 'EIO':
        return true;
      case 'ENOSPC':
        return ['create', 'write', 'mkdir', 'rename', 'link'].includes(call);
      case 'short-write':
        return call === 'write';
      case 'failed-sync':
        return call === 'sync';
    }
  }

  #isDue(): boolean {
    this.#calls++;
    const isDue = this.#forever ? this.#calls >= this.#nth : this.#calls === this.#nth;
    if (isDue) this.#fired++;
    return isDue;
  }
}

/** A disk of a size: a write takes what fits. */
export class Capacity implements FaultPlan {
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  next(): void {
    // Names take no room.
  }

  takes(bytes: number, state: DiskState): number {
    const free = this.#bytesMax - state.bytes;
    if (free <= 0) throw diskError('ENOSPC', 'write');
    return Math.min(bytes, free);
  }
}
