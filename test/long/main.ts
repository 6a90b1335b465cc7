import { Command, InvalidArgumentError } from 'commander';
import { PROGRAMMES } from './programme.js';
import { runProgrammes, type ProgrammeReport } from './run-programme.js';

/** Runs every programme for its share of the time, and prints what was covered. */

const MINUTE_MS = 60_000;
const command = new Command('test:long')
  .description('Run the programme of proofs for as long as it is given.')
  .requiredOption('--minutes <n>', 'how long, shared evenly among the programmes', positive)
  .option('--only <name>', 'one programme')
  .option('--seed <n>', 'the first seed; each round takes a new one', positive, Date.now() % 1_000_000)
  .addHelpText('after', `\nProgrammes: ${PROGRAMMES.map(({ name }) => name).join(' · ')}`)
  .parse();
const { minutes, only, seed } = command.opts<{ minutes: number; only?: string; seed: number }>();
const chosen = PROGRAMMES.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) command.error(`there is no programme ${JSON.stringify(only)}`);

const started = performance.now();
const reports = await runProgrammes(chosen, seed, minutes * MINUTE_MS);

process.stdout.write(`\nCovered in ${((performance.now() - started) / MINUTE_MS).toFixed(1)} minutes:\n`);
for (const report of reports) process.stdout.write(`${report.programme.name}: ${summary(report)}\n`);
const failures = reports.flatMap(report => report.failures);
for (const repeat of failures) process.stdout.write(`FAILED. Repeat it: ${repeat}\n`);
const rounds = reports.reduce((total, { seeds }) => total + seeds.length, 0);
process.stdout.write(`${rounds - failures.length} of ${rounds} rounds passed\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

function summary({ seeds, covered, failures: failed, ms }: ProgrammeReport): string {
  const counts = [...covered].map(([what, n]) => `${n.toLocaleString('en')} ${what}`);
  const seen = counts.length === 0 ? 'NOTHING' : counts.join(', ');
  const outcome = failed.length === 0 ? 'all passed' : `${failed.length} ROUNDS FAILED`;
  const numbered = `${seeds.length} ${seeds.length === 1 ? 'round, seed' : 'rounds, seeds'} ${seeds.join(' ')}`;
  return `${seen} (${numbered}; ${(ms / MINUTE_MS).toFixed(1)} min): ${outcome}`;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}
