import type { SpecRun } from './areas.js';
import type { MutantNumber } from './mutant.js';

/** What the process that runs tests is told. */
export type HuntTask = {
  readonly specRun: SpecRun;
  /** The mutants to try. */
  readonly wanted: readonly MutantNumber[];
  /** Turned on before the code is loaded, for what is decided then; such a task tries one mutant. */
  readonly fromTheStart: boolean;
};

/** What it tells meanwhile. */
export type HuntReport =
  /** Before the mutants: those that some test reaches, and those that are reached as the code is loaded. */
  | { readonly type: 'reached'; readonly byTests: readonly MutantNumber[]; readonly atLoading: readonly MutantNumber[] }
  /** A test begins, and how long it may take at most. */
  | { readonly type: 'test'; readonly deadlineMs: number }
  | { readonly type: 'trying'; readonly mutant: MutantNumber }
  /** The test that failed, if one did. */
  | {
      readonly type: 'verdict';
      readonly mutant: MutantNumber;
      readonly failed: string | undefined;
      readonly isSlow: boolean;
    }
  /** This fails without any mutant. */
  | { readonly type: 'broken'; readonly by: string }
  /** It is ready for the next task. */
  | { readonly type: 'ready' };

/** The channel between the thread of the tests and its process. */
export const CHANNEL = 'mutation';

declare module 'vitest' {
  interface ProvidedContext {
    huntTask: HuntTask;
  }
}
