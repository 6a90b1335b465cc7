import { writeFileSync } from 'node:fs';
import { readArguments } from '../harness/arguments.js';
import { compare } from '../harness/compare.js';
import { checkedOutCommit, lookAtMachine, scratchRoot } from '../harness/machine.js';
import { formatRow, formatVerdicts } from '../harness/print.js';
import type { Report, Row } from '../harness/report.js';
import { Browser, figures } from './index.js';

const FULL_TRANSACTIONS = 1_000;
const SMALL_TRANSACTIONS = 100;

/** `--json -`: standard output is for the report alone. */
const STANDARD_OUTPUT = '-';

const given = readArguments(['browser', ...process.argv.slice(2)]);
const transactions = given.small ? SMALL_TRANSACTIONS : FULL_TRANSACTIONS;
const toStandardOutput = given.json === STANDARD_OUTPUT;
const say = (line: string) => (toStandardOutput ? process.stderr : process.stdout).write(`${line}\n`);
const machine = lookAtMachine(scratchRoot());
const commit = checkedOutCommit(process.cwd());
await using browser = await Browser.start(transactions);
say(`browser (${given.small ? 'small' : 'full'}) at ${commit}, Chromium ${browser.version}`);
say(`${machine.cpu} × ${machine.cores}, ${machine.memoryGiB} GiB, ${machine.system}, fsync ${machine.fsyncMs} ms`);
say(`load ${machine.loadAverage}, ${transactions} transactions a run\n`);
const rows: Row[] = [];
for (const figure of figures(browser, transactions)) {
  if (!given.only.every(word => figure.name.includes(word))) continue;
  const row = await compare(figure, { pairs: given.pairs });
  rows.push(row);
  say(`${formatRow(row)}\n`);
}
say(formatVerdicts(rows));
if (given.json !== undefined) {
  const size = given.small ? 'small' : 'full';
  const report: Report = {
    question: 'browser',
    size,
    date: new Date().toISOString(),
    commit,
    machine,
    rows,
    checks: [],
  };
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (toStandardOutput) process.stdout.write(json);
  else writeFileSync(given.json, json);
}
if (rows.some(({ sameResult }) => !sameResult)) process.exitCode = 1;
