import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COVERED_VARIABLE, type Covered } from '../covered.js';
import type { Programme } from './programme.js';

/** What the rounds of a programme came to. */
export type ProgrammeReport = {
  rounds: number;
  /** The seed of each round. */
  readonly seeds: number[];
  /** What the specs themselves said they had covered. */
  readonly covered: Map<string, number>;
  /** The command that repeats each round that failed. */
  readonly failures: string[];
  ms: number;
};

/** Between the seeds of two rounds; a spec may count upwards from its seed. */
const SEED_STRIDE = 1_000_003;
const FACTOR_MAX = 1_000;
/** A test of a long round is not stopped by its own deadline for a short one. */
const TEST_TIMEOUT_MS = 24 * 3_600_000;

/**
 * Rounds with new seeds until `until` (a time of `performance.now`), one at least. The first makes the runs of `npm
 * test`; it tells how long the next may be, so that the share of the time is used and kept to.
 */
export async function runProgramme(programme: Programme, seed: number, until: number): Promise<ProgrammeReport> {
  const started = performance.now();
  const report: ProgrammeReport = { rounds: 0, seeds: [], covered: new Map(), failures: [], ms: 0 };
  let factor = 1;
  for (;;) {
    const roundSeed = seed + report.rounds * SEED_STRIDE;
    const roundStarted = performance.now();
    report.rounds++;
    report.seeds.push(roundSeed);
    process.stdout.write(`── ${programme.name}, round ${report.rounds}, seed ${roundSeed}, factor ${factor}\n`);
    await runRound(programme, roundSeed, factor, report);
    report.ms = performance.now() - started;
    const msOfOne = (performance.now() - roundStarted) / factor;
    const fitting = Math.floor((until - performance.now()) / msOfOne);
    if (fitting < 1) return report;
    factor = programme.hasFactor === false ? 1 : Math.min(FACTOR_MAX, fitting);
  }
}

async function runRound(
  { specs }: Programme,
  seed: number,
  factor: number,
  { covered, failures }: ProgrammeReport,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'blockstrata-long-'));
  try {
    const file = join(folder, 'covered');
    const environment = { BLOCKSTRATA_SEED: String(seed), BLOCKSTRATA_RUNS: String(factor) };
    const code = await vitest(specs, { ...environment, [COVERED_VARIABLE]: file });
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n').filter(Boolean)) {
      for (const [what, count] of Object.entries(JSON.parse(line) as Covered))
        covered.set(what, (covered.get(what) ?? 0) + count);
    }
    if (code === 0) return;
    const repeat = `BLOCKSTRATA_SEED=${seed} BLOCKSTRATA_RUNS=${factor} npx vitest run ${specs.join(' ')}`;
    process.stdout.write(`── it failed. Repeat it: ${repeat}\n`);
    failures.push(repeat);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function vitest(specs: readonly string[], environment: Record<string, string>): Promise<number | null> {
  const args = ['vitest', 'run', ...specs, '--testTimeout', String(TEST_TIMEOUT_MS), '--reporter', 'dot'];
  const child = spawn('npx', args, { env: { ...process.env, ...environment }, stdio: 'inherit' });
  return new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
}
