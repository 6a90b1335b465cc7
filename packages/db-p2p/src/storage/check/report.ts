import type { BlockId, TrxId } from '@blockstrata/db-core';
import type { DriverLoss } from '../driver/store-driver.js';

/** How far a check has come. */
export type Progress = { readonly phase: string; readonly done: number; readonly total?: number };

/** How to run a check. */
export type CheckOptions = {
  /** Called now and then. */
  onProgress?: (progress: Progress) => void;
  /** Ends the check with `signal.reason`. */
  signal?: AbortSignal;
};

/**
 * What can be wrong: a record is `damaged`, or `missing`; a history has a `hole`, or a record is a `mismatch` for what
 * the others say; a record is an `orphan` that nothing refers to.
 */
export type ViolationKind = 'damaged' | 'missing' | 'hole' | 'mismatch' | 'orphan';

/** One thing that is wrong with a store. */
export type Violation = {
  readonly kind: ViolationKind;
  readonly problem: string;
  readonly record?: string;
  readonly blockId?: BlockId;
  readonly rev?: number;
  readonly trxId?: TrxId;
};

/** What a check of the whole store found; `violations` is cut at {@link Limits.reportedViolationsMax}. */
export type VerifyReport = {
  readonly blocks: number;
  readonly revisions: number;
  readonly records: number;
  readonly logEntries: number;
  readonly violations: readonly Violation[];
  readonly violationsTotal: number;
};

/** What recovery did: what it mended, what the driver had to give up, and what a check still finds. */
export type RecoverReport = {
  readonly mended: readonly Violation[];
  readonly losses: readonly DriverLoss[];
  readonly remaining: VerifyReport;
};

/** Gathers a report while a check runs. */
export class ReportBuilder {
  blocks = 0;
  revisions = 0;
  records = 0;
  logEntries = 0;
  readonly #violations: Violation[] = [];
  #violationsTotal = 0;
  readonly #options: CheckOptions;
  readonly #violationsMax: number;

  constructor(options: CheckOptions, violationsMax: number) {
    this.#options = options;
    this.#violationsMax = violationsMax;
  }

  violation(violation: Violation): void {
    this.#violationsTotal++;
    if (this.#violations.length < this.#violationsMax) this.#violations.push(Object.freeze(violation));
  }

  /** Reports progress, and ends the check where it was aborted. */
  step(phase: string, done: number, total?: number): void {
    this.#options.signal?.throwIfAborted();
    if (done % PROGRESS_STEP === 0 || done === total) {
      this.#options.onProgress?.(total === undefined ? { phase, done } : { phase, done, total });
    }
  }

  build(): VerifyReport {
    const { blocks, revisions, records, logEntries } = this;
    const violations = Object.freeze(this.#violations);
    return { blocks, revisions, records, logEntries, violations, violationsTotal: this.#violationsTotal };
  }
}

const PROGRESS_STEP = 100;
