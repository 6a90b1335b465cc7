import type { DiskState } from './disk-state.js';
import { type DiskOperation, type Inode } from './disk-state.js';

/** Where writes can tear, in bytes. */
const TEAR_UNITS = [1, 512, 4096] as const;

/** What became of the operations that were not synced: none of them reached the disk, all did, or some did in part. */
export type Survival = 'none' | 'all' | 'some';

/**
 * Walks through the trace of a disk, and knows at each step what is durable and what may be lost; makes what a crash
 * there can leave.
 */
export class CrashCursor {
  readonly #trace: readonly DiskOperation[];
  readonly #durable: DiskState;
  #position = 0;
  /** Not synced: each may be lost, in any combination, or torn. */
  #pending: DiskOperation[] = [];
  /** A sync of these failed: they may be lost, and no later sync brings them back. */
  readonly #forsaken = new Set<DiskOperation>();

  constructor(initial: DiskState, trace: readonly DiskOperation[]) {
    this.#trace = trace;
    this.#durable = initial.clone();
  }

  /** Goes on to where the first `position` operations have happened. */
  advance(position: number): void {
    for (; this.#position < position; this.#position++) {
      const operation = this.#trace[this.#position];
      if (operation !== undefined) this.#step(operation);
    }
  }

  /** A disk as a crash here can leave it. */
  image(survival: Survival, random: () => number): DiskState {
    const image = this.#durable.clone();
    for (const operation of this.#pending) {
      if (survival === 'none' || (survival === 'some' && random() < 0.4)) continue;
      image.apply(survival === 'some' ? torn(operation, random) : operation);
    }
    return image;
  }

  #step(operation: DiskOperation): void {
    switch (operation.kind) {
      case 'make':
        // Nobody finds it before a directory names it.
        this.#durable.apply(operation);
        break;
      case 'flip':
        // The medium itself; what is still to be written there covers it up.
        this.#durable.apply(operation);
        break;
      case 'sync':
        this.#settle(operation.inode);
        break;
      case 'failed-sync':
        for (const one of this.#pending) if (one.inode === operation.inode) this.#forsaken.add(one);
        break;
      case 'write':
      case 'truncate':
      case 'enter':
      case 'leave':
        this.#pending.push(operation);
    }
  }

  #settle(inode: Inode): void {
    const rest: DiskOperation[] = [];
    for (const operation of this.#pending) {
      // The names in a directory are in the file system's own journal, which writes them all or fails for good.
      const isForsaken = operation.kind !== 'enter' && operation.kind !== 'leave' && this.#forsaken.has(operation);
      if (operation.inode !== inode || isForsaken) rest.push(operation);
      else this.#durable.apply(operation);
    }
    this.#pending = rest;
  }
}

/** An operation as far as it got: whole, cut off, or grown in size before its content came. */
function torn(operation: DiskOperation, random: () => number): DiskOperation {
  if (operation.kind !== 'write' || random() < 0.4) return operation;
  const unit = TEAR_UNITS[Math.floor(random() * TEAR_UNITS.length)] ?? 1;
  const { bytes } = operation;
  const kept = Math.floor(random() * (bytes.length / unit + 1)) * unit;
  if (random() < 0.5) return { ...operation, bytes: bytes.subarray(0, kept) };
  const holed = Buffer.from(bytes);
  for (let start = 0; start < holed.length; start += unit) {
    if (unit === 1 ? start >= kept : random() < 0.5) holed.fill(0, start, Math.min(start + unit, holed.length));
  }
  return { ...operation, bytes: holed };
}
