import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COVERED_VARIABLE, type Covered } from '../covered.js';
import type { Programme } from './programme.js';

/** What the rounds of a programme came to. */
export type ProgrammeReport = {
  readonly programme: Programme;
  /** The seed of each round. */
  readonly seeds: number[];
  /** What the specs themselves said they had covered. */
  readonly covered: Map<string, number>;
  /** The command that repeats each round that failed. */
  readonly failures: string[];
  ms: number;
  /** How long the runs of `npm test` take. */
  msOfOne: number;
};

/** Between the seeds of two rounds; a spec may count upwards from its seed. */
const SEED_STRIDE = 1_000_003;
const FACTOR_MAX = 1_000;
/** A test of a long round is not stopped by its own deadline for a short one. */
const TEST_TIMEOUT_MS = 24 * 3_600_000;

/**
 * One round of each programme, as long as those of `npm test`, and then of the one that has had the least time so far,
 * up to its share of the time: so a dear one has its round, and the cheap ones have what is left.
 */
export async function runProgrammes(
  programmes: readonly Programme[],
  seed: number,
  totalMs: number,
): Promise<ProgrammeReport[]> {
  const deadline = performance.now() + totalMs;
  const shareMs = totalMs / programmes.length;
  const reports = programmes.map((programme): ProgrammeReport => ({
    programme,
    seeds: [],
    covered: new Map(),
    failures: [],
    ms: 0,
    msOfOne: 0,
  }));
  for (const report of reports) await runRound(report, seed, 1);
  for (;;) {
    const leftMs = deadline - performance.now();
    const next = reports.filter(({ msOfOne }) => msOfOne <= leftMs).toSorted((a, b) => a.ms - b.ms)[0];
    if (next === undefined) return reports;
    const wantedMs = Math.min(leftMs, Math.max(next.msOfOne, shareMs - next.ms));
    const factor = Math.min(FACTOR_MAX, Math.floor(wantedMs / next.msOfOne));
    await runRound(next, seed, next.programme.hasFactor === false ? 1 : Math.max(1, factor));
  }
}

async function runRound(report: ProgrammeReport, firstSeed: number, factor: number): Promise<void> {
  const { programme, seeds, covered, failures } = report;
  const seed = firstSeed + seeds.length * SEED_STRIDE;
  seeds.push(seed);
  process.stdout.write(`── ${programme.name}, round ${seeds.length}, seed ${seed}, factor ${factor}\n`);
  const started = performance.now();
  const { passed, lines } = await runSpecs(programme.specs, seed, factor);
  const ms = performance.now() - started;
  report.ms += ms;
  report.msOfOne = ms / factor;
  for (const [what, count] of lines.flatMap(line => Object.entries(line)))
    covered.set(what, (covered.get(what) ?? 0) + count);
  if (passed) return;
  const repeat = `BLOCKSTRATA_SEED=${seed} BLOCKSTRATA_RUNS=${factor} npx vitest run ${programme.specs.join(' ')}`;
  process.stdout.write(`── it failed. Repeat it: ${repeat}\n`);
  failures.push(repeat);
}

async function runSpecs(
  specs: readonly string[],
  seed: number,
  factor: number,
): Promise<{ passed: boolean; lines: Covered[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'blockstrata-long-'));
  try {
    const file = join(folder, 'covered');
    const environment = { BLOCKSTRATA_SEED: String(seed), BLOCKSTRATA_RUNS: String(factor) };
    const code = await vitest(specs, { ...environment, [COVERED_VARIABLE]: file });
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').filter(Boolean);
    return { passed: code === 0, lines: lines.map(line => JSON.parse(line) as Covered) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function vitest(specs: readonly string[], environment: Record<string, string>): Promise<number | null> {
  const args = ['vitest', 'run', ...specs, '--testTimeout', String(TEST_TIMEOUT_MS), '--reporter', 'dot'];
  const child = spawn('npx', args, { env: { ...process.env, ...environment }, stdio: 'inherit' });
  return new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
}
