import type { Unit } from './figure.js';
import type { Check, Measured, Row, Verdict } from './report.js';
import type { Spread } from './statistics.js';

const NAME_WIDTH = 44;
const VALUE_WIDTH = 34;

/** One figure as lines of text. */
export function formatRow(row: Row): string {
  const lines = [`${row.figure}   [${row.pairs} pairs${formatResult(row)}]`];
  lines.push(formatMeasured(row.ours, row.unit));
  for (const peer of row.peers) {
    lines.push(`${formatMeasured(peer, row.unit)}${formatRatio(peer.ratio)}`);
  }
  for (const { name, absent } of row.absent) lines.push(`  ${name.padEnd(NAME_WIDTH)}absent: ${absent}`);
  if (row.verdict !== undefined) lines.push(`  ${formatVerdict(row.verdict)}`);
  return lines.join('\n');
}

function formatResult({ sameResult, ours }: Row): string {
  if (!sameResult) return ', RESULTS DIFFER';
  return ours.hash === undefined ? '' : `, result ${ours.hash}`;
}

/** The rows that have a bound, as one table. */
export function formatVerdicts(rows: readonly Row[]): string {
  const lines = [
    '',
    `${'figure'.padEnd(84)}${'ratio'.padStart(9)}${'bound'.padStart(9)}${'bare'.padStart(9)}  reached`,
  ];
  for (const { figure, verdict } of rows) {
    if (verdict === undefined) {
      lines.push(`${figure.padEnd(84)}${'not measured'.padStart(18)}`);
      continue;
    }
    const bare = verdict.bareRatio === undefined ? '–' : formatNumber(verdict.bareRatio);
    lines.push(
      `${figure.padEnd(84)}${formatNumber(verdict.ratio).padStart(9)}${boundOf(verdict).padStart(9)}${bare.padStart(9)}  ${verdict.reached ? 'yes' : 'NO'}`,
    );
  }
  return lines.join('\n');
}

/** A check as one line. */
export function formatCheck({ name, passed, detail }: Check): string {
  return `${passed ? 'ok ' : 'NOT OK '} ${name}: ${detail}`;
}

/** A value with its unit, in three or four digits. */
export function formatValue(value: number, unit: Unit): string {
  return unit === '×' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}

function formatMeasured({ name, spread, partsMs }: Measured, unit: Unit): string {
  const value = `${formatValue(spread.median, unit)} (${formatNumber(spread.low)} – ${formatNumber(spread.high)})`;
  const parts = Object.entries(partsMs ?? {}).map(([part, ms]) => `${part} ${formatNumber(ms)} ms`);
  const line = `  ${name.padEnd(NAME_WIDTH)}${value.padEnd(VALUE_WIDTH)}`;
  return parts.length === 0 ? line : `${line}${`[${parts.join(', ')}]`.padEnd(66)}`;
}

function formatRatio({ median, low, high }: Spread): string {
  return `ours / theirs ${formatNumber(median)} (${formatNumber(low)} – ${formatNumber(high)})`;
}

function formatVerdict(verdict: Verdict): string {
  const bare = verdict.bareRatio === undefined ? '' : `, the bare program ${formatNumber(verdict.bareRatio)}`;
  return `${verdict.reached ? 'reached' : 'NOT REACHED'}: ${formatNumber(verdict.ratio)} of ${boundOf(verdict)}${bare}`;
}

function boundOf({ atLeast, atMost }: Verdict): string {
  return atLeast === undefined ? `≤ ${formatNumber(atMost ?? Number.NaN)}` : `≥ ${formatNumber(atLeast)}`;
}

/** A number in three or four digits. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  return value.toPrecision(3);
}
