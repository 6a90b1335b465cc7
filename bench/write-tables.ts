import { readFileSync, writeFileSync } from 'node:fs';
import { replaceSection, reportsAsMarkdown } from './harness/markdown.js';
import type { Report } from './harness/report.js';

// Brings what `npm run bench -- … --json FILE` wrote into the tables of PERFORMANCE.md, each question between its marks. Files of the
// same question, each of some figures, make one table.
const DOCUMENT = 'PERFORMANCE.md';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('name the JSON files that `npm run bench -- <question> --json FILE` wrote');
  process.exitCode = 1;
}
const reports = files.map(file => JSON.parse(readFileSync(file, 'utf8')) as Report);
for (const question of new Set(reports.map(report => report.question))) {
  const section = reportsAsMarkdown(reports.filter(report => report.question === question));
  writeFileSync(DOCUMENT, replaceSection(readFileSync(DOCUMENT, 'utf8'), question, section));
}
