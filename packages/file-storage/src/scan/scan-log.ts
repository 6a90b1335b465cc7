import { REVISION_MAX } from '@blockstrata/db-core';
import { logKey, type DriverRecord, type ScanPage, type ScanRange } from '@blockstrata/db-p2p/storage';
import { SCAN_PAGE_BYTES } from '../bounds.js';
import { listedNow, type RecordSource } from './record-source.js';

/** What the overlay tells of the log: entries, and which are deleted. */
type WrittenEntries = ReadonlyMap<number, Uint8Array | undefined>;

/** One page of the commit log. */
export async function scanLog({ log, overlay }: RecordSource, range: ScanRange): Promise<ScanPage> {
  const reverse = range.reverse === true;
  let { first, last } = boundsOf(range, reverse);
  while (first <= last) {
    const start = reverse ? last : first;
    // One more than asked for tells whether anything follows.
    const found = await listedNow(overlay, () => log.list(start, reverse, range.limit + 1));
    if (found === undefined) continue;
    const { entries, isAll } = found.listed;
    const end = isAll ? undefined : [...entries.keys()].at(-1);
    const low = reverse && end !== undefined ? Math.max(first, end) : first;
    const high = !reverse && end !== undefined ? Math.min(last, end) : last;
    const written = new Map(writtenEntries(overlay.logEntries()));
    const page = pageOf(range, merge(entries, written, low, high, reverse));
    const done = page.done && low === first && high === last;
    if (page.records.length > 0 || done) return { records: page.records, done };
    // All of them are deleted, by what is not in the tree yet.
    if (reverse) last = low - 1;
    else first = high + 1;
  }
  return { records: [], done: true };
}

function boundsOf(range: ScanRange, reverse: boolean): { first: number; last: number } {
  const { from = 0, to = REVISION_MAX, after } = range;
  if (after?.kind !== 'log') return { first: from, last: to };
  return reverse
    ? { first: from, last: Math.min(to, after.seq - 1) }
    : { first: Math.max(from, after.seq + 1), last: to };
}

function* writtenEntries(
  writes: ReturnType<RecordSource['overlay']['logEntries']>,
): Generator<[number, Uint8Array | undefined]> {
  for (const { key, value } of writes) if (key.kind === 'log') yield [key.seq, value];
}

function merge(
  entries: ReadonlyMap<number, Uint8Array>,
  written: WrittenEntries,
  low: number,
  high: number,
  reverse: boolean,
): [number, Uint8Array][] {
  const merged: [number, Uint8Array][] = [];
  for (const [seq, entry] of entries) if (!written.has(seq)) merged.push([seq, entry]);
  for (const [seq, entry] of written) if (entry !== undefined) merged.push([seq, entry]);
  const within = merged.filter(([seq]) => seq >= low && seq <= high);
  return within.sort(([left], [right]) => (reverse ? right - left : left - right));
}

function pageOf({ limit, keysOnly }: ScanRange, entries: readonly [number, Uint8Array][]): ScanPage {
  const records: DriverRecord[] = [];
  let bytes = 0;
  for (const [seq, value] of entries) {
    if (records.length === limit || bytes >= SCAN_PAGE_BYTES) return { records, done: false };
    records.push(keysOnly === true ? { key: logKey(seq) } : { key: logKey(seq), value });
    bytes += keysOnly === true ? 0 : value.length;
  }
  return { records, done: true };
}
