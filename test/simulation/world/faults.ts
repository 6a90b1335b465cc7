import { diskError } from '../simulated-disk/disk-error.js';
import type { FaultKind, FaultPlan } from '../simulated-disk/fault-plan.js';

const TAKING_ROOM: ReadonlySet<string> = new Set(['create', 'write', 'mkdir', 'rename', 'link']);

/** Faults of a medium that come and go while the world runs. */
export class Faults implements FaultPlan {
  #armed: { readonly kind: FaultKind; readonly forever: boolean } | undefined;
  #bytesMax = Infinity;
  #fired = 0;

  /** How many calls failed since {@link Faults.mend}. */
  get fired(): number {
    return this.#fired;
  }

  /** The next call that can fail in this way does; with `forever` all later ones too. */
  arm(kind: FaultKind, forever: boolean): void {
    this.#armed = { kind, forever };
  }

  /** From now on there is room for so many bytes in all. */
  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** Everything works again. */
  mend(): void {
    this.#armed = undefined;
    this.#bytesMax = Infinity;
    this.#fired = 0;
  }

  next(call: string): void {
    const kind = this.#due(call);
    if (kind !== undefined && kind !== 'short-write') throw diskError(kind === 'ENOSPC' ? 'ENOSPC' : 'EIO', call);
  }

  takes(bytes: number, state: { readonly bytes: number }): number {
    const kind = this.#due('write');
    if (kind === 'short-write') return Math.max(1, bytes >> 1);
    if (kind !== undefined) throw diskError(kind, 'write');
    const free = this.#bytesMax - state.bytes;
    if (free >= bytes) return bytes;
    this.#fired++;
    if (free <= 0) throw diskError('ENOSPC', 'write');
    return free;
  }

  /** What a medium says on which there is no room. */
  full(): never {
    throw diskError('ENOSPC', 'write');
  }

  #due(call: string): FaultKind | undefined {
    if (this.#armed === undefined) return undefined;
    const { kind, forever } = this.#armed;
    if (!canFail(kind, call)) return undefined;
    if (!forever) this.#armed = undefined;
    this.#fired++;
    return kind;
  }
}

function canFail(kind: FaultKind, call: string): boolean {
  switch (kind) {
    case 'EIO':
      return true;
    case 'ENOSPC':
      return TAKING_ROOM.has(call);
    case 'short-write':
      return call === 'write';
    case 'failed-sync':
      return call === 'sync';
  }
}
