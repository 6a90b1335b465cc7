import { isWithin } from './compare.js';
import type { Measured, MeasuredPeer, Report, Row } from './report.js';
import type { Spread } from './statistics.js';
import { formatNumber, formatValue } from './print.js';

/** A row, and which run it is of where there are several. */
type RunRow = Row & { readonly run: string };

/** Reports of one question, each of some of its figures: where and when, and a table with a line for each contender. */
export function reportsAsMarkdown(reports: readonly Report[]): string {
  const rows = reports.flatMap((report, index) =>
    report.rows.map((row): RunRow => ({ ...row, run: reports.length === 1 ? '' : `; run ${index + 1}` })),
  );
  const checks = reports.flatMap(report => report.checks);
  const lines = [
    ...reports.map(whereAndWhen),
    '',
    ...(rows.some(({ verdict }) => verdict !== undefined) ? verdictTable(rows) : []),
    ...comparisonTable(rows),
  ];
  if (checks.length > 0)
    lines.push('', ...checks.map(({ name, passed, detail }) => `- ${passed ? 'ok' : 'NOT OK'}, ${name}: ${detail}`));
  return lines.join('\n');
}

function whereAndWhen({ machine, date, commit }: Report, index: number, { length }: readonly Report[]): string {
  const where = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`;
  const disk = `${machine.scratch.replace(/^.*\(/, '').replace(/\)$/, '')}, fsync ${machine.fsyncMs} ms`;
  const line = `${date.slice(0, 16).replace('T', ' ')} UTC, at ${commit}: ${where}; ${disk}; load ${machine.loadAverage} at the start.`;
  return length === 1 ? line : `- Run ${index + 1}: ${line}`;
}

/** `text` with what stands between the marks of a question replaced; a question without marks is an error. */
export function replaceSection(text: string, question: string, section: string): string {
  const begin = `<!-- begin ${question} -->`;
  const end = `<!-- end ${question} -->`;
  const [before, rest] = split(text, begin);
  const [, after] = split(rest, end);
  return `${before}${begin}\n\n${section}\n\n${end}${after}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new TypeError(`there is no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function verdictTable(rows: readonly RunRow[]): string[] {
  const lines = rows.flatMap(({ figure, verdict, peers, pairs, run }) => {
    if (verdict === undefined) return [`| ${figure} | not measured | | | |`];
    const against = peers.find(({ name }) => name === verdict.against);
    const spread = against === undefined ? '' : ` (${quartiles(against.ratio)}; ${pairs}${run})`;
    const bound = verdict.atLeast === undefined ? `≤ ${verdict.atMost ?? ''}` : `≥ ${verdict.atLeast}`;
    const bare = verdict.bareRatio === undefined ? '–' : formatNumber(verdict.bareRatio);
    const reached = isWithin(verdict, verdict.ratio) ? 'yes' : verdict.reached ? 'by the bare program' : '**no**';
    return [`| ${figure} | ${formatNumber(verdict.ratio)}${spread} | ${bound} | ${bare} | ${reached} |`];
  });
  return [
    '| figure | ratio (quartiles; pairs; run) | bound | bare program | reached |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ];
}

function comparisonTable(rows: readonly RunRow[]): string[] {
  const lines = rows.flatMap(row => [
    comparisonLine(`${row.figure} (${row.pairs} pairs${row.run})`, row.ours, row, ''),
    ...row.peers.map((peer: MeasuredPeer) => comparisonLine('', peer, row, ratioOf(peer))),
    ...row.absent.map(({ name, absent }) => `| | ${name} | absent: ${absent} | |`),
  ]);
  return ['| figure | who | median (quartiles) | ours / theirs |', '|---|---|---|---|', ...lines];
}

function comparisonLine(figure: string, { name, spread }: Measured, { unit }: Row, ratio: string): string {
  return `| ${figure} | ${name} | ${formatValue(spread.median, unit)} (${quartiles(spread)}) | ${ratio} |`;
}

function ratioOf({ ratio }: MeasuredPeer): string {
  return `${formatNumber(ratio.median)} (${quartiles(ratio)})`;
}

function quartiles({ low, high }: Spread): string {
  return `${formatNumber(low)} – ${formatNumber(high)}`;
}
