import type { DriverLoss } from '@blockstrata/db-p2p/storage';
import type { JournalRecord } from './journal-record.js';
import type { SegmentContent } from './read-segment.js';

/** What of a journal is to be applied, and what is lost of it. */
export type JournalVerdict = {
  /** The batches that are not in the tree yet, in order. */
  readonly payloads: readonly Uint8Array[];
  /** The seq of the last batch. */
  readonly seq: number;
  /** Damage to what had been acknowledged; with any of it, `payloads` has a hole. */
  readonly losses: readonly DriverLoss[];
};

/**
 * Tells a torn tail from corruption (INV-3). What is whole up to the first damage, or gap, survives. Were more batches
 * synced than that, as the `durableSeq` of any record that is whole says, then acknowledged ones are damaged. If not,
 * all that follows the damage was never acknowledged, and is dropped.
 *
 * `segments` are those of the newest epoch, in order.
 */
export function judgeJournal(segments: readonly SegmentContent[]): JournalVerdict {
  const records = segments.flatMap(segment => segment.records);
  const durableSeq = greatest(records, record => record.durableSeq);
  const appliedSeq = greatest(records, record => record.appliedSeq);
  const losses = segments.filter(segment => !segment.startsWhole).map(segment => damage(segment.name, 'its beginning'));
  const payloads: Uint8Array[] = [];
  let seq = appliedSeq;
  for (const { segment, record } of batchesOf(segments)) {
    // It is in the tree already, or has been met.
    if (record.seq <= seq) continue;
    if (record.seq > seq + 1) {
      // Behind the last gap that matters there is only what was never acknowledged.
      if (record.seq > durableSeq + 1) break;
      losses.push(damage(segment, missing(seq + 1, record.seq - 1)));
    }
    payloads.push(record.payload);
    seq = record.seq;
  }
  if (seq < durableSeq) {
    losses.push(...segments.slice(-1).map(({ name }) => damage(name, missing(seq + 1, durableSeq))));
  }
  return { payloads, seq, losses };
}

type Batch = JournalRecord & { readonly payload: Uint8Array };

function* batchesOf(segments: readonly SegmentContent[]): Generator<{ segment: string; record: Batch }> {
  for (const segment of segments) {
    for (const record of segment.records) {
      const { payload } = record;
      if (payload !== undefined) yield { segment: segment.name, record: { ...record, payload } };
    }
  }
}

function greatest(records: readonly JournalRecord[], number: (record: JournalRecord) => number): number {
  return records.reduce((most, record) => Math.max(most, number(record)), 0);
}

function missing(from: number, to: number): string {
  return from === to ? `batch ${from}` : `batches ${from} to ${to}`;
}

function damage(segment: string, what: string): DriverLoss {
  return { record: segment, problem: `${what} was synced, and is lost` };
}
