import { ByteReader } from './byte-reader.js';

/** A table that a version of the database consists of. */
export type TableEntry = {
  readonly level: number;
  readonly number: number;
  readonly bytes: number;
  /** The smallest and the largest key in it, without LevelDB's own trailer. */
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
};

/** One record of a manifest: what changed from one version of the database to the next. */
export type VersionEdit = {
  logNumber?: number;
  lastSequence?: number;
  nextFile?: number;
  readonly added: TableEntry[];
  readonly removed: { level: number; number: number }[];
};

const Tag = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  removed: 6,
  added: 7,
  previousLogNumber: 9,
} as const;

/** Behind each key in a table: a sequence number and a type. */
export const KEY_TRAILER_BYTES = 8;

/**
 * What a record of a manifest says; `undefined` where it says nothing that LevelDB 1.20 understands.
 */
export function decodeVersionEdit(record: Uint8Array): VersionEdit | undefined {
  const edit: VersionEdit = { added: [], removed: [] };
  const reader = new ByteReader(record);
  try {
    while (!reader.atEnd) {
      if (!readField(reader, edit)) return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return edit;
}

function readField(reader: ByteReader, edit: VersionEdit): boolean {
  switch (reader.number()) {
    case Tag.comparator:
      reader.prefixed();
      return true;
    case Tag.logNumber:
      edit.logNumber = reader.number();
      return true;
    case Tag.nextFile:
      edit.nextFile = reader.number();
      return true;
    case Tag.lastSequence:
      edit.lastSequence = reader.number();
      return true;
    case Tag.previousLogNumber:
      reader.number();
      return true;
    case Tag.compactPointer:
      reader.number();
      reader.prefixed();
      return true;
    case Tag.removed:
      edit.removed.push({ level: reader.number(), number: reader.number() });
      return true;
    case Tag.added:
      edit.added.push({
        level: reader.number(),
        number: reader.number(),
        bytes: reader.number(),
        smallest: userKey(reader.prefixed()),
        largest: userKey(reader.prefixed()),
      });
      return true;
    default:
      return false;
  }
}

/** The key of the user in a key of a table. */
export function userKey(internalKey: Uint8Array): Uint8Array {
  return internalKey.subarray(0, Math.max(0, internalKey.length - KEY_TRAILER_BYTES));
}

/** The record of a manifest that takes a table out of the version. */
export function encodeTableRemoval(level: number, number: number): Uint8Array {
  return new Uint8Array([Tag.removed, ...encodeNumber(level), ...encodeNumber(number)]);
}

function encodeNumber(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
