import { AssertionError } from 'node:assert';
import fc from 'fast-check';
import { reportCovered } from './covered.js';

/** Times as many random runs as `npm test` makes: `BLOCKSTRATA_RUNS=100`. */
export const RUNS_FACTOR: number = Number(process.env['BLOCKSTRATA_RUNS'] ?? 1);

// `npm test` makes the same runs everywhere; `npm run test:long` takes a new seed for every round.
const FIXED_SEED = 1;

/** What decides all random runs: `BLOCKSTRATA_SEED=7`. */
export const SEED: number = Number(process.env['BLOCKSTRATA_SEED'] ?? FIXED_SEED);

/** Some runs, times the factor; one at least. */
export function timesFactor(runs: number): number {
  return Math.ceil(runs * RUNS_FACTOR);
}

/** The command that makes the runs of a spec again. */
export function repeatCommand(file: string): string {
  const runs = RUNS_FACTOR === 1 ? '' : ` BLOCKSTRATA_RUNS=${RUNS_FACTOR}`;
  return `BLOCKSTRATA_SEED=${SEED}${runs} npx vitest run ${file}`;
}

/**
 * Random runs that can be multiplied and repeated; a failure prints its seed and the command that repeats it.
 *
 * @param of what `npm run test:long` calls the runs when it counts them
 */
export function randomRuns<T>(file: string, runs: number, of = 'runs'): fc.Parameters<T> {
  const path = process.env['BLOCKSTRATA_PATH'];
  return {
    numRuns: timesFactor(runs),
    seed: SEED,
    ...(path === undefined ? {} : { path }),
    reporter: details => {
      if (details.failed) fail(file, details);
      reportCovered({ [of]: details.numRuns });
    },
  };
}

function fail<T>(file: string, details: fc.RunDetails<T>): never {
  const environment = `BLOCKSTRATA_SEED=${details.seed} BLOCKSTRATA_PATH=${details.counterexamplePath ?? ''}`;
  throw Object.assign(
    new AssertionError({
      message: `${fc.defaultReportMessage(details) ?? 'it failed'}\n\nRepeat it: ${environment} npx vitest run ${file}\n`,
    }),
    { cause: details.errorInstance },
  );
}
