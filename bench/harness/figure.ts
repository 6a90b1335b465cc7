/** What one run came to. */
export type Outcome = {
  /** In the unit of the figure. */
  readonly value: number;
  /** A digest of what the run left or read, which must be the same for everyone who did the same work. */
  readonly hash?: string;
  /** Parts of the measured time in milliseconds, and `cpu`: what all threads of the process used in it. */
  readonly partsMs?: Readonly<Record<string, number>>;
};

/** One of those who are compared. */
export type Contender = {
  readonly name: string;
  /** Does the work once; `round` counts from 0, the warm-up being 0 too. */
  run(round: number): Promise<Outcome>;
};

/** One who could not take part, and why. */
export type Absent = { readonly name: string; readonly absent: string };

/** Operations a second (more is better), milliseconds, bytes, or a plain number. */
export type Unit = '/s' | 'ms' | 'B' | '×';

/** Who takes part once everything is prepared. */
export type Lineup = {
  readonly ours: Contender;
  readonly peers: readonly (Contender | Absent)[];
  dispose?(): Promise<void> | void;
};

/** What a figure must reach against one of its peers. */
export type Bound = {
  readonly against: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The bare program among the peers: reaching 0.95 of its ratio counts as well. */
  readonly bare?: string;
};

/** One thing that a question measures. */
export type Figure = {
  readonly name: string;
  readonly unit: Unit;
  /** Pairs of runs, where the usual number would take too long. */
  readonly pairsMax?: number;
  readonly bound?: Bound;
  prepare(): Promise<Lineup>;
};

/** Whether someone could not take part. */
export function isAbsent<T extends object>(candidate: T | Absent): candidate is Absent {
  return 'absent' in candidate;
}

/** Whether a contender takes part. */
export function isPresent(contender: Contender | Absent): contender is Contender {
  return !isAbsent(contender);
}
