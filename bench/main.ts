import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments, USAGE, type Arguments } from './harness/arguments.js';
import { compare } from './harness/compare.js';
import type { Figure } from './harness/figure.js';
import { checkedOutCommit, lookAtMachine, scratchRoot } from './harness/machine.js';
import { formatCheck, formatRow, formatVerdicts } from './harness/print.js';
import { formatTimes, readProfiles, selfTimes, totalTimes } from './harness/profile.js';
import type { Question } from './harness/question.js';
import type { Check, Report, Row } from './harness/report.js';
import { Scratch } from './harness/scratch.js';
import { PROFILE_DIRECTORY_VARIABLE } from './harness/timed.js';

const QUESTIONS: Readonly<Record<string, () => Promise<{ default: Question }>>> = {
  bare: () => import('./bare/index.js'),
  bounds: () => import('./bounds/index.js'),
  commit: () => import('./commit/index.js'),
  editing: () => import('./editing/index.js'),
  growth: () => import('./growth/index.js'),
  network: () => import('./network/index.js'),
  read: () => import('./read/index.js'),
  recovery: () => import('./recovery/index.js'),
  replay: () => import('./replay/index.js'),
};

const PROFILED_FUNCTIONS = 40;

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) return console.log(`${USAGE}\n\nquestions: ${Object.keys(QUESTIONS).join(', ')}`);
  const given = readArguments(argv);
  const load = QUESTIONS[given.question];
  if (load === undefined) {
    throw new TypeError(`there is no question ${given.question}; there are ${Object.keys(QUESTIONS).join(', ')}`);
  }
  const { default: question } = await load();
  // Removed only after the report was written: that can take minutes.
  using scratch = new Scratch();
  const report = await ask(question, given, scratch);
  if (report.rows.some(row => row.verdict !== undefined)) console.log(formatVerdicts(report.rows));
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(report, null, 2)}\n`);
  if (report.checks.some(({ passed }) => !passed) || report.rows.some(({ sameResult }) => !sameResult)) {
    process.exitCode = 1;
  }
}

async function ask(question: Question, given: Arguments, scratch: Scratch): Promise<Report> {
  const machine = lookAtMachine(scratch.directory);
  const commit = checkedOutCommit(process.cwd());
  const size = given.small ? 'small' : 'full';
  console.log(`${question.name} (${size}) at ${commit}, ${new Date().toISOString().slice(0, 16)}Z`);
  console.log(`${machine.cpu} × ${machine.cores}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`);
  console.log(`${machine.scratch}, fsync ${machine.fsyncMs} ms, load ${machine.loadAverage}\n`);
  const checks: Check[] = [];
  const check = (done: Check) => {
    checks.push(done);
    console.log(`${formatCheck(done)}\n`);
  };
  const rows: Row[] = [];
  for (const figure of question.figures({ small: given.small, scratch, check })) {
    if (!given.only.every(word => figure.name.includes(word))) continue;
    scratch.sweep();
    rows.push(given.profile ? await profile(figure, given) : await measure(figure, given));
  }
  await question.dispose?.();
  const date = new Date().toISOString();
  return { question: question.name, size, date, commit, machine, rows, checks };
}

async function measure(figure: Figure, { pairs }: Arguments): Promise<Row> {
  const row = await compare(figure, { pairs });
  console.log(`${formatRow(row)}\n`);
  return row;
}

async function profile(figure: Figure, { pairs, of }: Arguments): Promise<Row> {
  mkdirSync(scratchRoot(), { recursive: true });
  const directory = mkdtempSync(join(scratchRoot(), 'blockstrata-profile-'));
  process.env[PROFILE_DIRECTORY_VARIABLE] = directory;
  const row = await compare(figure, { pairs, alone: of });
  console.log(formatRow(row));
  const profiles = readProfiles(directory);
  console.log(`\nby themselves:\n${formatTimes(selfTimes(profiles), PROFILED_FUNCTIONS)}`);
  console.log(`\nwith what they call:\n${formatTimes(totalTimes(profiles), PROFILED_FUNCTIONS)}\n\n  ${directory}\n`);
  return row;
}

// An interrupted run exits in the ordinary way, and so leaves no stores behind.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof TypeError) console.error(`${error.message}\n\n${USAGE}`);
  else console.error(error);
  process.exitCode = 1;
});
