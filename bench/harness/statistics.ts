/** The middle of several numbers, and how far they spread. */
export type Spread = {
  readonly median: number;
  /** The quartiles. */
  readonly low: number;
  readonly high: number;
  readonly min: number;
  readonly max: number;
};

/** The spread of `values`. @throws RangeError if there are none. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('there is nothing to take the median of');
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
  };
}

/** The ratios of what was measured in the same round. */
export function pairwiseRatios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, i) => value / (theirs[i] ?? Number.NaN));
}

/** Between the two nearest ranks, linearly. */
function quantile(sorted: readonly number[], at: number): number {
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
