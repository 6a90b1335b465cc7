import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEEDED_BUG_VARIABLE, type SeededBug } from './bug.js';
import { SEEDED_BUGS } from './bugs.js';

/** Turns each seeded bug on in turn and runs the unmodified suite against it: what survives fails the command. */

type Report = { testResults: { assertionResults: { status: string; fullName: string }[] }[] };
type Catch = { readonly test: string; readonly testsBefore: number };

const chosen = process.argv.slice(2);
if (chosen.some(name => !SEEDED_BUGS.some(bug => bug.name === name))) {
  const names = SEEDED_BUGS.map(({ name }) => `\n  ${name}`).join('');
  process.stderr.write(`usage: npm run test:seeded-bugs [-- NAME ...], where NAME is one of${names}\n`);
  process.exit(2);
}
const bugs = chosen.length === 0 ? SEEDED_BUGS : SEEDED_BUGS.filter(({ name }) => chosen.includes(name));
for (const bug of bugs) requireApplicable(bug);
let caught = 0;
for (const bug of bugs) {
  const started = performance.now();
  const found = hunt(bug);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (found === undefined) {
    process.stdout.write(`SURVIVED  ${bug.invariant.padEnd(6)} ${bug.name} (${seconds} s)\n`);
  } else {
    caught++;
    const after = `after ${found.testsBefore} tests that passed, ${seconds} s`;
    process.stdout.write(`caught    ${bug.invariant.padEnd(6)} ${bug.name}\n          by "${found.test}", ${after}\n`);
  }
}
process.stdout.write(`${caught} of ${bugs.length} caught\n`);
process.exitCode = caught === bugs.length ? 0 : 1;

/** A bug that no longer matches the code would be caught by nobody, and say nothing. */
function requireApplicable({ name, file, find }: SeededBug): void {
  const places = readFileSync(file, 'utf8').split(find).length - 1;
  if (places !== 1) throw new TypeError(`seeded bug ${name}: its text stands ${places} times in ${file}, not once`);
}

function hunt(bug: SeededBug): Catch | undefined {
  let testsBefore = 0;
  for (const spec of bug.specs) {
    const results = run(bug, spec);
    const failed = results.find(({ status }) => status === 'failed');
    testsBefore += results.filter(({ status }) => status === 'passed').length;
    if (failed !== undefined) return { test: failed.fullName, testsBefore };
  }
  return undefined;
}

function run(bug: SeededBug, spec: string): Report['testResults'][number]['assertionResults'] {
  const folder = mkdtempSync(join(tmpdir(), 'seeded-bug-'));
  try {
    const outputFile = join(folder, 'report.json');
    const reporting = ['--bail', '1', '--reporter', 'json', '--outputFile', outputFile];
    const { status } = spawnSync('npx', ['vitest', 'run', spec, ...reporting], {
      env: { ...process.env, [SEEDED_BUG_VARIABLE]: bug.name },
      stdio: 'ignore',
    });
    if (status === null) throw new TypeError(`${spec} was interrupted`);
    const report = JSON.parse(readFileSync(outputFile, 'utf8')) as Report;
    return report.testResults.flatMap(({ assertionResults }) => assertionResults);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
