import { spawn } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';
import { PROGRAMMES, type Programme } from './programme.js';

/** Runs every programme for its share of the time, and prints what was covered. */

type Covered = { rounds: number; seeds: number[]; failures: number; ms: number };

const MINUTE_MS = 60_000;
const command = new Command('test:long')
  .description('Run the programme of proofs for as long as it is given.')
  .requiredOption('--minutes <n>', 'how long, shared evenly among the programmes', positive)
  .option('--only <name>', 'one programme')
  .option('--seed <n>', 'the first seed; each round takes the next one', positive, Date.now() % 1_000_000)
  .addHelpText('after', `\nProgrammes: ${PROGRAMMES.map(({ name }) => name).join(' · ')}`)
  .parse();
const { minutes, only, seed } = command.opts<{ minutes: number; only?: string; seed: number }>();
const chosen = PROGRAMMES.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) command.error(`there is no programme ${JSON.stringify(only)}`);

const covered = new Map<Programme, Covered>();
const deadline = performance.now() + minutes * MINUTE_MS;
for (const [i, programme] of chosen.entries()) {
  const shareMs = (deadline - performance.now()) / (chosen.length - i);
  covered.set(programme, await runFor(programme, performance.now() + shareMs));
}
let failures = 0;
for (const [{ name, covers, factor }, { rounds, seeds, failures: failed, ms }] of covered) {
  failures += failed;
  const total = (rounds * covers.count * factor).toLocaleString('en');
  const range = `seeds ${seeds[0]}–${seeds.at(-1)}`;
  const outcome = failed === 0 ? 'all passed' : `${failed} ROUNDS FAILED`;
  process.stdout.write(
    `${name}: ${total} ${covers.of} in ${rounds} rounds, ${(ms / MINUTE_MS).toFixed(1)} min, ${range}: ${outcome}\n`,
  );
}
process.exitCode = failures === 0 ? 0 : 1;

/** Rounds until `until`, one at least; a round that has begun may end after it. */
async function runFor(programme: Programme, until: number): Promise<Covered> {
  const started = performance.now();
  const result: Covered = { rounds: 0, seeds: [], failures: 0, ms: 0 };
  do {
    const roundSeed = seed + result.rounds;
    result.seeds.push(roundSeed);
    result.rounds++;
    process.stdout.write(`── ${programme.name}, round ${result.rounds}, seed ${roundSeed}\n`);
    if ((await runRound(programme, roundSeed)) !== 0) result.failures++;
  } while (performance.now() < until);
  return { ...result, ms: performance.now() - started };
}

function runRound({ specs, factor }: Programme, roundSeed: number): Promise<number | null> {
  const environment = { BLOCKSTRATA_SEED: String(roundSeed), BLOCKSTRATA_RUNS: String(factor) };
  const args = ['vitest', 'run', ...specs, '--testTimeout', '3600000', '--reporter', 'dot'];
  const child = spawn('npx', args, { env: { ...process.env, ...environment }, stdio: 'inherit' });
  return new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}
