import { CorruptRecordError } from '@blockstrata/db-core';
import { decodeKey, type DriverWrite } from '@blockstrata/db-p2p/storage';
import { crc32 } from 'node:zlib';

/*
 * A record of the journal, little-endian:
 *
 *   0  4  mark, bytes that no UTF-8 text contains
 *   4  4  CRC-32 over the segment's name, the record's position in it, and everything behind this field
 *   8  4  length of the payload
 *  12  4  number of writes in the payload; 0: a note, which only carries the numbers below
 *  16  8  epoch of the store
 *  24  8  seq of this batch; of a note: that of the last batch before it
 *  32  8  durableSeq: what was synced when this was written
 *  40  8  appliedSeq: what was in the tree, and synced, when this was written
 *  48     payload: for each write the length of its key, that of its value (or DELETED), the key, the value
 *
 * The checksum binds a record to its place, so that neither a stale one nor one inside a value is taken for it.
 */
const MARK = Buffer.from([0xff, 0xb5, 0x4a, 0xfe]);
const HEAD_BYTES = 48;
const CHECKED_FROM = 8;
const WRITE_HEAD_BYTES = 8;
const DELETED = 0xffff_ffff;

/** The numbers that every record carries. */
export type JournalStamp = {
  readonly epoch: number;
  readonly seq: number;
  readonly durableSeq: number;
  readonly appliedSeq: number;
};

/** A record as it was read; a note has no `payload`. */
export type JournalRecord = JournalStamp & { readonly end: number; readonly payload: Uint8Array | undefined };

/** Where a record stands; its checksum covers it. */
export type JournalPlace = { readonly segment: string; readonly position: number };

/** The bytes of a record that holds `writes`, or of a note where there are none. */
export function encodeRecord(place: JournalPlace, stamp: JournalStamp, writes: readonly DriverWrite[]): Uint8Array {
  const parts = writes.map(({ key, value }) => ({ key: Buffer.from(key.encoded, 'utf8'), value }));
  let length = HEAD_BYTES;
  for (const { key, value } of parts) length += WRITE_HEAD_BYTES + key.length + (value?.length ?? 0);
  const bytes = Buffer.allocUnsafe(length);
  MARK.copy(bytes);
  bytes.writeUInt32LE(length - HEAD_BYTES, 8);
  bytes.writeUInt32LE(writes.length, 12);
  bytes.writeDoubleLE(stamp.epoch, 16);
  bytes.writeDoubleLE(stamp.seq, 24);
  bytes.writeDoubleLE(stamp.durableSeq, 32);
  bytes.writeDoubleLE(stamp.appliedSeq, 40);
  let offset = HEAD_BYTES;
  for (const { key, value } of parts) {
    bytes.writeUInt32LE(key.length, offset);
    bytes.writeUInt32LE(value?.length ?? DELETED, offset + 4);
    offset += WRITE_HEAD_BYTES;
    bytes.set(key, offset);
    offset += key.length;
    if (value !== undefined) bytes.set(value, offset);
    offset += value?.length ?? 0;
  }
  bytes.writeUInt32LE(checksum(place, bytes), 4);
  return bytes;
}

/** The record that stands complete at `place`, or `undefined`. */
export function decodeRecord(segmentBytes: Buffer, place: JournalPlace): JournalRecord | undefined {
  const { position } = place;
  if (position + HEAD_BYTES > segmentBytes.length || !startsWithMark(segmentBytes, position)) return undefined;
  const end = position + HEAD_BYTES + segmentBytes.readUInt32LE(position + 8);
  if (end > segmentBytes.length) return undefined;
  const bytes = segmentBytes.subarray(position, end);
  if (bytes.readUInt32LE(4) !== checksum(place, bytes)) return undefined;
  return {
    epoch: bytes.readDoubleLE(16),
    seq: bytes.readDoubleLE(24),
    durableSeq: bytes.readDoubleLE(32),
    appliedSeq: bytes.readDoubleLE(40),
    end,
    payload: bytes.readUInt32LE(12) === 0 ? undefined : bytes.subarray(HEAD_BYTES),
  };
}

/** Where the next record may begin, behind damage; `undefined`: nowhere. */
export function nextMark(segmentBytes: Buffer, from: number): number | undefined {
  const position = segmentBytes.indexOf(MARK, from);
  return position === -1 ? undefined : position;
}

/** The writes of a batch, whose checksum has been found right. */
export function* decodeWrites(payload: Uint8Array): Generator<DriverWrite> {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  for (let offset = 0; offset < bytes.length;) {
    const keyEnd = offset + WRITE_HEAD_BYTES + bytes.readUInt32LE(offset);
    const valueLength = bytes.readUInt32LE(offset + 4);
    const end = keyEnd + (valueLength === DELETED ? 0 : valueLength);
    const key = decodeKey(bytes.toString('utf8', offset + WRITE_HEAD_BYTES, keyEnd));
    if (key === undefined || end > bytes.length)
      throw new CorruptRecordError('a batch of the journal', 'it names no record');
    yield { key, value: valueLength === DELETED ? undefined : bytes.subarray(keyEnd, end) };
    offset = end;
  }
}

function startsWithMark(bytes: Buffer, position: number): boolean {
  return bytes.compare(MARK, 0, MARK.length, position, position + MARK.length) === 0;
}

function checksum({ segment, position }: JournalPlace, record: Buffer): number {
  return crc32(record.subarray(CHECKED_FROM), crc32(`${segment}:${position}`));
}
