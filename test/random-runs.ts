import { AssertionError } from 'node:assert';
import fc from 'fast-check';

/** Times as many random runs as `npm test` makes: `BLOCKSTRATA_RUNS=100`. */
export const RUNS_FACTOR: number = Number(process.env['BLOCKSTRATA_RUNS'] ?? 1);

// `npm test` makes the same runs everywhere; `npm run test:long` takes a new seed for every round.
const FIXED_SEED = 1;

/** Random runs that can be multiplied and repeated; a failure prints its seed and the command that repeats it. */
export function randomRuns<T>(file: string, runs: number): fc.Parameters<T> {
  const { BLOCKSTRATA_SEED: seed, BLOCKSTRATA_PATH: path } = process.env;
  return {
    numRuns: Math.ceil(runs * RUNS_FACTOR),
    seed: Number(seed ?? FIXED_SEED),
    ...(path === undefined ? {} : { path }),
    reporter: details => report(file, details),
  };
}

function report<T>(file: string, details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const environment = `BLOCKSTRATA_SEED=${details.seed} BLOCKSTRATA_PATH=${details.counterexamplePath ?? ''}`;
  throw Object.assign(
    new AssertionError({
      message: `${fc.defaultReportMessage(details) ?? 'it failed'}\n\nRepeat it: ${environment} npx vitest run ${file}\n`,
    }),
    { cause: details.errorInstance },
  );
}
