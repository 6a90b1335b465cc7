import { writeFileSync } from 'node:fs';
import { readArguments } from '../harness/arguments.js';
import { compare } from '../harness/compare.js';
import { checkedOutCommit, lookAtMachine, scratchRoot } from '../harness/machine.js';
import { formatRow, formatVerdicts } from '../harness/print.js';
import type { Report, Row } from '../harness/report.js';
import { Browser, figures } from './index.js';

const FULL_TRANSACTIONS = 1_000;
const SMALL_TRANSACTIONS = 100;

const given = readArguments(['browser', ...process.argv.slice(2)]);
const transactions = given.small ? SMALL_TRANSACTIONS : FULL_TRANSACTIONS;
const machine = lookAtMachine(scratchRoot());
const commit = checkedOutCommit(process.cwd());
await using browser = await Browser.start(transactions);
console.log(`browser (${given.small ? 'small' : 'full'}) at ${commit}, Chromium ${browser.version}`);
console.log(
  `${machine.cpu} × ${machine.cores}, ${machine.memoryGiB} GiB, ${machine.system}, fsync ${machine.fsyncMs} ms`,
);
console.log(`load ${machine.loadAverage}, ${transactions} transactions a run\n`);
const rows: Row[] = [];
for (const figure of figures(browser, transactions)) {
  if (!given.only.every(word => figure.name.includes(word))) continue;
  const row = await compare(figure, { pairs: given.pairs });
  rows.push(row);
  console.log(`${formatRow(row)}\n`);
}
console.log(formatVerdicts(rows));
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
  writeFileSync(given.json, `${JSON.stringify(report, null, 2)}\n`);
}
if (rows.some(({ sameResult }) => !sameResult)) process.exitCode = 1;
