import type { Absent, Bound, Unit } from './figure.js';
import type { Machine } from './machine.js';
import type { Spread } from './statistics.js';

/** What one contender reached. */
export type Measured = {
  readonly name: string;
  readonly spread: Spread;
  readonly samples: readonly number[];
  /** Medians of the parts of the measured time. */
  readonly partsMs?: Readonly<Record<string, number>>;
  readonly hash?: string;
};

/** What a peer reached; `ratio` is ours divided by theirs, round by round. */
export type MeasuredPeer = Measured & { readonly ratio: Spread };

/** Whether a bound was reached. */
export type Verdict = Bound & {
  readonly ratio: number;
  readonly bareRatio?: number;
  readonly reached: boolean;
};

/** One figure as it was measured. */
export type Row = {
  readonly figure: string;
  readonly unit: Unit;
  readonly pairs: number;
  readonly ours: Measured;
  readonly peers: readonly MeasuredPeer[];
  readonly absent: readonly Absent[];
  /** Everyone who gave a hash gave the same. */
  readonly sameResult: boolean;
  readonly verdict?: Verdict;
};

/** One thing that was checked and not timed. */
export type Check = { readonly name: string; readonly passed: boolean; readonly detail: string };

/** A whole question as it is written with `--json`. */
export type Report = {
  readonly question: string;
  readonly size: 'small' | 'full';
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
};
