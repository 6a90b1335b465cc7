/** One small change of a file that its tests should notice. */
export type Mutant = {
  readonly file: string;
  readonly line: number;
  /** What is changed, for people. */
  readonly change: string;
  /** The expression or statement that is exchanged as a whole: where it stands, and what takes its place. */
  readonly host: { readonly start: number; readonly end: number; readonly isStatement: boolean };
  readonly variant: string;
};

/** A mutant by its place among all mutants of its area. */
export type MutantNumber = number;
