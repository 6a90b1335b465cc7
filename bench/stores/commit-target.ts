import type { Workload } from '../workload/records.js';

/** A store that the transactions of a workload can be run on. */
export interface CommitTarget {
  readonly name: string;
  /** So many of the transactions are enough to know its rate. Default: all. */
  readonly transactionsMax?: number;
  /**
   * Opens the store at `directory`, and writes what the workload needs before its timed transactions. `logSeqBefore`: where
   * the log of a store ends that is there already.
   */
  open(directory: string, workload: Workload, logSeqBefore?: number): Promise<CommitSession>;
}

/** A store that is open for the transactions of a workload. */
export interface CommitSession {
  /** Runs the timed transaction with this index; what it wrote is as durable as the target promises when it resolves. */
  run(index: number): Promise<void>;
  close(): Promise<void>;
  /** Opens the closed store again, and throws unless it still ends with the last transaction. */
  reopen(): Promise<void>;
  /** A digest of what the store then holds; absent where it holds other records than ours. */
  hash?(): Promise<string>;
}

/** Throws unless the two are the same. */
export function requireSame(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new WrongResultError(`${what} is ${String(found)} and not ${String(expected)}`);
}

/** A store does not hold what was written to it. */
export class WrongResultError extends Error {
  override readonly name = 'WrongResultError';
}
