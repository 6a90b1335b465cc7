import { repeatWorld } from './repeat-world.js';
import { makePlan, type WorldPlan } from './plan.js';
import { runWorld, type WorldReport } from './run-world.js';
import type { PlantedBug } from './medium.js';
import { shrink } from './shrink.js';
import { WorldProblem } from './world-error.js';

/** What a set of worlds came to. */
export type WorldCounts = {
  worlds: number;
  steps: number;
  lives: number;
  crashes: number;
  faults: number;
  flips: number;
  commits: number;
};

/** Which worlds to run. */
export type WorldOptions = {
  /** The seed of the first; the others follow it. */
  readonly seed: number;
  readonly worlds: number;
  readonly backend?: WorldPlan['backend'];
  readonly bug?: PlantedBug;
  /** How long to look for a shorter failure. */
  readonly shrinkMs?: number;
};

const SHRINK_MS = 20_000;
const TRACE_LINES_MAX = 80;
/** Worlds of neighbouring runs do not overlap. */
const SEEDS_OF_A_RUN = 100_003;

/**
 * Runs worlds until one fails.
 *
 * @throws WorldProblem with the seed, the shortest trace that was found, and the command that runs that world again
 */
export async function checkWorlds(options: WorldOptions): Promise<WorldCounts> {
  const counts: WorldCounts = { worlds: 0, steps: 0, lives: 0, crashes: 0, faults: 0, flips: 0, commits: 0 };
  const only = process.env['BLOCKSTRATA_PATH'];
  const [first, end] = only === undefined ? [0, options.worlds] : [Number(only), Number(only) + 1];
  for (let number = first; number < end; number++) {
    const plan = makePlan(worldSeed(options.seed, number), options.backend);
    const report = await runWorld(plan, options.bug);
    if (report.problem !== undefined) throw await explain(plan, report, number, options);
    counts.worlds++;
    for (const what of ['steps', 'lives', 'crashes', 'faults', 'flips', 'commits'] as const) {
      counts[what] += report[what];
    }
  }
  return counts;
}

/** The seed of one world of a run. */
export function worldSeed(seed: number, number: number): number {
  return (seed * SEEDS_OF_A_RUN + number) % 2 ** 31;
}

async function explain(
  plan: WorldPlan,
  report: WorldReport,
  number: number,
  { seed, bug, shrinkMs = SHRINK_MS }: WorldOptions,
): Promise<WorldProblem> {
  let shortest = report;
  const fails = async (tried: WorldPlan) => {
    const again = await runWorld(tried, bug);
    if (again.problem !== undefined) shortest = again;
    return again.problem !== undefined;
  };
  const { plan: smallest, tries } = await shrink(plan, fails, shrinkMs);
  const { trace, problem } = shortest;
  const shown = trace.length > TRACE_LINES_MAX ? [`… ${trace.length - TRACE_LINES_MAX} more`] : [];
  return new WorldProblem(
    [
      `world ${number} of seed ${seed}, on ${plan.backend}: ${report.problem?.message}`,
      `The shortest of ${tries} tries (${sizeOf(smallest)}, ${trace.length} lines): ${problem?.message}`,
      `Its plan: ${JSON.stringify(smallest)}`,
      ...shown,
      ...trace.slice(-TRACE_LINES_MAX),
      `Repeat it: ${repeatWorld(seed, number)}`,
    ].join('\n'),
    { cause: problem },
  );
}

function sizeOf({ coordinators, events, media }: WorldPlan): string {
  const errands = coordinators.reduce((sum, list) => sum + list.length, 0);
  const flips = media === undefined ? 0 : media.flips + media.flipsWhileRead;
  return `${coordinators.length} coordinators, ${errands} errands, ${events.length} events, ${flips} flips`;
}
