import { runStep, type CommandLine } from './run-step.js';

/** What `npm test` runs, in this order; the first step that fails ends it. */
const STEPS: readonly { name: string; command: CommandLine; browser?: true }[] = [
  { name: 'build', command: ['npx', 'tsc', '-b'] },
  { name: 'lint', command: ['npx', 'eslint', '--max-warnings', '0', '.'] },
  { name: 'format', command: ['npx', 'prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'types of tests and scripts', command: ['npx', 'tsc', '-p', 'tsconfig.test.json'] },
  { name: 'unused code', command: ['npx', 'knip'] },
  { name: 'packages as they are published', command: ['node', '--import', 'tsx', 'scripts/check-packages.ts'] },
  { name: 'tests', command: ['npx', 'vitest', 'run'] },
  {
    name: 'tests in Chromium',
    command: ['npx', 'vitest', 'run', '--config', 'packages/indexeddb-storage/vitest.browser.config.ts'],
    browser: true,
  },
  {
    name: 'tests of Chromium and Node together',
    command: ['npx', 'vitest', 'run', '--config', 'vitest.browser.config.ts'],
    browser: true,
  },
];

const WITHOUT_BROWSER = '--without-browser';
const MINUTE_MS = 60_000;

const unknown = process.argv.slice(2).filter(argument => argument !== WITHOUT_BROWSER);
if (unknown.length > 0) {
  process.stderr.write(
    `npm test takes ${WITHOUT_BROWSER}, not ${unknown.join(' ')}; 'npx vitest run <file>' runs single tests\n`,
  );
  process.exit(2);
}
const withoutBrowser = process.argv.includes(WITHOUT_BROWSER);
const started = performance.now();

for (const { name, command, browser } of STEPS) {
  if (browser === true && withoutBrowser) {
    process.stdout.write(`\n── ${name}: LEFT OUT, because of ${WITHOUT_BROWSER}\n`);
    continue;
  }
  process.stdout.write(`\n── ${name}\n`);
  const stepStarted = performance.now();
  const exitCode = await runStep(command);
  if (exitCode !== 0) {
    process.stderr.write(`\nnpm test failed: ${name} (${command.join(' ')} ended with ${exitCode})\n`);
    process.exit(1);
  }
  process.stdout.write(`   ${minutes(stepStarted)}\n`);
}
process.stdout.write(
  `\nnpm test passed in ${minutes(started)}${withoutBrowser ? ', without the tests in Chromium' : ''}\n`,
);

function minutes(since: number): string {
  const ms = performance.now() - since;
  return ms < MINUTE_MS ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / MINUTE_MS).toFixed(1)} min`;
}
