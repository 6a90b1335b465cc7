import { CorruptRecordError, type IBlock, type Transform } from '@blockstrata/db-core';
import { allocate, CborEncoder, crc32 } from '#platform';
import type { RecordKey } from '../driver/record-key.js';
import type { PendingRecord, TrxRecord } from '../records.js';
import { describeKey, type RecordCodec } from './codec.js';
import { RecentEncodings } from './recent-encodings.js';

const FORMAT = 1;
/** Reserved: compressed, encrypted. */
const FLAGS = 0;
const HEADER_BYTES = 6;

const cbor = new CborEncoder();

/**
 * Compact frames: format byte, flags, CRC-32 (little-endian) over the encoded key and the payload, then CBOR (RFC 8949).
 */
export const cborCodec: RecordCodec = {
  seal(key, record) {
    switch (key.kind) {
      case 'pend':
        return sealPending(key, record as PendingRecord);
      case 'trx':
        return frame(key, partsOfTrx(record as TrxRecord));
      case 'block':
        return frame(key, [recent.get(record as IBlock) ?? cbor.encode(record)]);
      case 'meta':
      case 'rev':
      case 'log':
        return frame(key, [cbor.encode(record)]);
    }
  },

  unseal(key, bytes) {
    const problem = frameProblem(key, bytes);
    if (problem !== undefined) throw new CorruptRecordError(describeKey(key), problem);
    try {
      return cbor.decode(bytes.subarray(HEADER_BYTES));
    } catch (cause) {
      throw new CorruptRecordError(describeKey(key), 'it is no CBOR', { cause });
    }
  },
};

// Between a record and its transform; and between a transform and the block that it inserts.
const TRANSFORM_KEY = new Uint8Array(cbor.encode('transform'));
const INSERT_KEY = new Uint8Array(cbor.encode({ insert: null }).subarray(0, -1));

const recent = new RecentEncodings();

// The transform comes last, so that its encoding is the end of the frame.
function sealPending(key: RecordKey, { transform, ...rest }: PendingRecord): Uint8Array {
  const bytes = frame(key, [cbor.encode({ ...rest, transform })]);
  const start = HEADER_BYTES + cbor.encode(rest).length + TRANSFORM_KEY.length;
  if (isInsertOnly(transform)) recent.keep(transform.insert, bytes.subarray(start + INSERT_KEY.length));
  else recent.keep(transform, bytes.subarray(start));
  return bytes;
}

function partsOfTrx(record: TrxRecord): Uint8Array[] {
  const { transform, ...rest } = record;
  const encoded = recent.get(isInsertOnly(transform) ? transform.insert : transform);
  if (encoded === undefined) return [cbor.encode(record)];
  const map = cbor.encode(rest);
  // One entry more: a map of less than 24 entries has their number in its first byte.
  map[0] = (map[0] ?? 0) + 1;
  return isInsertOnly(transform) ? [map, TRANSFORM_KEY, INSERT_KEY, encoded] : [map, TRANSFORM_KEY, encoded];
}

function isInsertOnly(transform: Transform): transform is Transform & { insert: IBlock } {
  return transform.insert !== undefined && transform.updates === undefined && transform.delete === undefined;
}

function frame(key: RecordKey, pieces: readonly Uint8Array[]): Uint8Array {
  let length = HEADER_BYTES;
  for (const piece of pieces) length += piece.length;
  const bytes = allocate(length);
  let offset = HEADER_BYTES;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  const crc = crc32(bytes.subarray(HEADER_BYTES), crc32(key.encoded));
  bytes[0] = FORMAT;
  bytes[1] = FLAGS;
  bytes[2] = crc;
  bytes[3] = crc >>> 8;
  bytes[4] = crc >>> 16;
  bytes[5] = crc >>> 24;
  return bytes;
}

function frameProblem(key: RecordKey, bytes: Uint8Array): string | undefined {
  if (bytes.length <= HEADER_BYTES) return 'it is cut off';
  const byte = (i: number) => bytes[i] ?? 0;
  if (byte(0) !== FORMAT || byte(1) !== FLAGS) return `its format (${byte(0)}, ${byte(1)}) is unknown`;
  const stored = (byte(2) | (byte(3) << 8) | (byte(4) << 16) | (byte(5) << 24)) >>> 0;
  const actual = crc32(bytes.subarray(HEADER_BYTES), crc32(key.encoded));
  return stored === actual ? undefined : 'its checksum does not match its key and content';
}
