import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { seededRandom } from '../simulation/seeded-random.js';
import { AREAS, type Area, type SpecRun } from './areas.js';
import { findMutants } from './find-mutants.js';
import type { Mutant } from './mutant.js';
import { TestRunner } from './test-runner.js';

/** Changes the code in one small way after the other, and tells which changes no test notices. */

const MINUTE_MS = 60_000;
const DEADLINE_FACTOR = 6;
const DEADLINE_MS_MIN = 10_000;

const command = new Command('test:mutation')
  .description('Mutate the code at random for as long as it is given, and print what no test notices.')
  .requiredOption('--minutes <n>', 'how long, shared evenly among the areas', positive)
  .option('--seed <n>', 'decides which mutants are tried', positive, Date.now() % 1_000_000)
  .option('--area <name>', AREAS.map(({ name }) => name).join(' · '))
  .option('--file <path>', 'only mutants of files whose path contains this')
  .parse();
type Options = { minutes: number; seed: number; area?: string; file?: string };
const { minutes, seed, area: only, file: part = '' } = command.opts<Options>();

const areas = AREAS.filter(({ name }) => only === undefined || name === only)
  .map(area => ({ area, mutants: shuffled(mutantsOf(area)) }))
  .filter(({ mutants }) => mutants.length > 0);
if (areas.length === 0) command.error('there is no such area or file');

const deadline = performance.now() + minutes * MINUTE_MS;
const runner = new TestRunner();
const survivors: string[] = [];
const scores: string[] = [];
for (const [i, { area, mutants }] of areas.entries()) {
  const until = performance.now() + (deadline - performance.now()) / (areas.length - i);
  scores.push(await mutate(area, mutants, until));
}
runner.close();
process.stdout.write(
  `\n${survivors.length} survivors, seed ${seed}:\n${survivors.map(each => `${each}\n`).join('')}\n`,
);
for (const score of scores) process.stdout.write(`${score}\n`);

async function mutate({ name, specs }: Area, mutants: readonly Mutant[], until: number): Promise<string> {
  const usual = await usualMs(specs);
  const counts = { caught: 0, slow: 0, survived: 0 };
  for (const mutant of mutants) {
    if (performance.now() > until) break;
    const verdict = await hunt(mutant, specs, usual);
    const where = `${mutant.file}:${mutant.line}: ${mutant.change}`;
    if (verdict === undefined) {
      counts.survived++;
      survivors.push(where);
    } else if (verdict === 'too slow') counts.slow++;
    else counts.caught++;
    process.stdout.write(`${verdict === undefined ? 'SURVIVED' : 'caught  '} ${where}\n`);
  }
  const noticed = counts.caught + counts.slow;
  const tried = noticed + counts.survived;
  const score = tried === 0 ? 'none' : `${((100 * noticed) / tried).toFixed(1)} %`;
  return `${name}: ${score} caught: ${noticed} of ${tried} tried (${counts.slow} by a deadline), of ${mutants.length} mutants`;
}

/** The time that each spec takes on the code as it is, which must pass. */
async function usualMs(specs: readonly SpecRun[]): Promise<Map<SpecRun, number>> {
  const times = new Map<SpecRun, number>();
  for (const spec of specs) {
    const started = performance.now();
    const verdict = await runner.run(undefined, spec, 10 * MINUTE_MS);
    if (verdict !== undefined) throw new TypeError(`${spec.spec} fails without any mutant: ${JSON.stringify(verdict)}`);
    times.set(spec, performance.now() - started);
  }
  return times;
}

async function hunt(mutant: Mutant, specs: readonly SpecRun[], usual: ReadonlyMap<SpecRun, number>) {
  for (const spec of specs) {
    const deadlineMs = Math.max(DEADLINE_MS_MIN, DEADLINE_FACTOR * (usual.get(spec) ?? 0));
    const verdict = await runner.run(mutant, spec, deadlineMs);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function mutantsOf({ folder }: Area): Mutant[] {
  return readdirSync(folder)
    .map(name => join(folder, name))
    .filter(path => path.endsWith('.ts') && path.includes(part))
    .flatMap(path => findMutants(path, readFileSync(path, 'utf8')));
}

function shuffled<T>(items: readonly T[]): T[] {
  const random = seededRandom(seed);
  return items
    .map(item => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}
