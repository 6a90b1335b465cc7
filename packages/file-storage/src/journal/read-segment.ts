import { decodeRecord, nextMark, type JournalRecord } from './journal-record.js';

/** What a segment holds, in order. */
export type SegmentContent = {
  readonly name: string;
  readonly records: readonly JournalRecord[];
  /** A segment appears complete with its first record, so that one without it has been damaged since. */
  readonly startsWhole: boolean;
};

/** Finds every record of a segment that is whole, those behind damage included. */
export function readSegment(name: string, bytes: Buffer): SegmentContent {
  const records: JournalRecord[] = [];
  let startsWhole = false;
  for (let position: number | undefined = 0; position !== undefined && position < bytes.length;) {
    const record = decodeRecord(bytes, { segment: name, position });
    if (record === undefined) {
      position = nextMark(bytes, position + 1);
      continue;
    }
    startsWhole ||= position === 0;
    records.push(record);
    position = record.end;
  }
  return { name, records, startsWhole };
}
