import type { Figure } from './figure.js';
import type { Check } from './report.js';
import type { Scratch } from './scratch.js';

/** What a question is asked for. */
export type Asked = {
  readonly small: boolean;
  readonly scratch: Scratch;
  /** Notes a check that is no measurement; a failed one fails the run. */
  readonly check: (check: Check) => void;
};

/** A question: the figures that answer it. */
export type Question = {
  readonly name: string;
  figures(asked: Asked): readonly Figure[];
  /** Gives back what figures have shared. */
  dispose?(): Promise<void>;
};
