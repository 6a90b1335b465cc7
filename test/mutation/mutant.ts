import type { SpecRun } from './areas.js';

/** One small change of a file that its tests should notice. */
export type Mutant = {
  readonly file: string;
  readonly line: number;
  /** Where in the text, and what is put there instead. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What is changed, for people. */
  readonly change: string;
};

/** What is told to the process that runs the tests: `undefined` stands for the code as it is. */
export type MutationTask = { readonly mutant: Mutant | undefined; readonly specRun: SpecRun };

/** What came of it. */
export type MutationReply = { readonly failed: string | undefined };

/** The text with the change. */
export function mutated(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
