import { readFileSync, writeFileSync } from 'node:fs';
import { replaceSection, reportAsMarkdown } from './harness/markdown.js';
import type { Report } from './harness/report.js';

// Brings what `npm run bench -- … --json FILE` wrote into the tables of PERFORMANCE.md, each question between its marks.
const DOCUMENT = 'PERFORMANCE.md';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('name the JSON files that `npm run bench -- <question> --json FILE` wrote');
  process.exitCode = 1;
}
for (const file of files) {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  writeFileSync(DOCUMENT, replaceSection(readFileSync(DOCUMENT, 'utf8'), report.question, reportAsMarkdown(report)));
}
