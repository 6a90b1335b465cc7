import { CorruptRecordError, PlainObject, type IBlock, type Transform } from '@blockstrata/db-core';
import { allocate, CborEncoder, crc32 } from '#platform';
import type { RecordKey } from '../driver/record-key.js';
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
    if ((key.kind === 'pend' || key.kind === 'trx') && hasTransform(record)) return sealTransform(key, record);
    const known = key.kind === 'block' ? recent.get(record) : undefined;
    return frame(key, [known ?? cbor.encode(record)]);
  },

  sealEncoded: (key, record) => frame(key, record.parts),

  sealEncodedTrx: (key, transform, rev) => frame(key, [TRX_START, ...transform.parts, revisionMember(rev)]),

  unsealTransform(key, bytes, rev) {
    return cutTransform(soundPayload(key, bytes), revisionMember(rev));
  },

  unseal(key, bytes) {
    const payload = soundPayload(key, bytes);
    try {
      return cbor.decode(payload);
    } catch (cause) {
      throw new CorruptRecordError(describeKey(key), 'it is no CBOR', { cause });
    }
  },
};

// Between a record and its transform; and between a transform and the block that it inserts.
const TRANSFORM_KEY = new Uint8Array(cbor.encode('transform'));
const INSERT_KEY = new Uint8Array(cbor.encode({ insert: null }).subarray(0, -1));

// What a record of two members begins with.
const TWO_MEMBERS = 0xa2;
const TRX_START = Uint8Array.of(TWO_MEMBERS, ...TRANSFORM_KEY);

// CBOR's head of a map with 23 entries.
const SMALL_MAP_HEAD_MAX = 0xb7;

const recent = new RecentEncodings();

type WithTransform = { readonly transform: Transform; readonly [name: string]: unknown };

function hasTransform(record: unknown): record is WithTransform {
  const { transform } = Object(record) as { transform?: unknown };
  return typeof transform === 'object' && transform !== null;
}

/** A record with its transform last, which is encoded once: when it becomes pending, and not again when it is committed. */
function sealTransform(key: RecordKey, record: WithTransform): Uint8Array {
  const map = new Uint8Array(cbor.encode(withoutTransform(record)));
  const head = map[0] ?? 0;
  // One entry more: a small map has their number in its first byte.
  if (head >= SMALL_MAP_HEAD_MAX) return frame(key, [cbor.encode(record)]);
  map[0] = head + 1;
  const { transform } = record;
  const pieces: Uint8Array[] = isInsertOnly(transform) ? [map, TRANSFORM_KEY, INSERT_KEY] : [map, TRANSFORM_KEY];
  const value = isInsertOnly(transform) ? transform.insert : transform;
  const known = recent.get(value);
  const encoded = known ?? cbor.encode(value);
  pieces.push(encoded);
  const bytes = frame(key, pieces);
  if (known === undefined) recent.keep(value, bytes.subarray(bytes.length - encoded.length));
  return bytes;
}

function withoutTransform(record: Readonly<Record<string, unknown>>): object {
  const rest = new PlainObject();
  for (const name in record) if (name !== 'transform') rest[name] = record[name];
  return rest;
}

function isInsertOnly(transform: Transform): transform is Transform & { insert: IBlock } {
  return Object.keys(transform).length === 1 && typeof transform.insert === 'object';
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

/** The member `rev` of a transaction. */
function revisionMember(rev: number): Uint8Array {
  return new Uint8Array(cbor.encode({ rev }).subarray(1));
}

/** The transform of a transaction, which comes before or behind its other member. */
function cutTransform(record: Uint8Array, other: Uint8Array): Uint8Array | undefined {
  const end = record.length - other.length;
  if (startsWith(record, TRX_START, 0) && startsWith(record, other, end)) return record.subarray(TRX_START.length, end);
  const isBehind = record[0] === TWO_MEMBERS && startsWith(record, other, 1);
  if (!isBehind || !startsWith(record, TRANSFORM_KEY, 1 + other.length)) return undefined;
  return record.subarray(1 + other.length + TRANSFORM_KEY.length);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array, at: number): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** What a frame holds. @throws CorruptRecordError if it is not what was sealed under this key. */
function soundPayload(key: RecordKey, bytes: Uint8Array): Uint8Array {
  if (bytes.length <= HEADER_BYTES) throw new CorruptRecordError(describeKey(key), 'it is cut off');
  const format = byte(bytes, 0);
  const flags = byte(bytes, 1);
  if (format !== FORMAT || flags !== FLAGS) {
    throw new CorruptRecordError(describeKey(key), `its format (${format}, ${flags}) is unknown`);
  }
  const payload = bytes.subarray(HEADER_BYTES);
  const stored = (byte(bytes, 2) | (byte(bytes, 3) << 8) | (byte(bytes, 4) << 16) | (byte(bytes, 5) << 24)) >>> 0;
  if (stored !== crc32(payload, crc32(key.encoded))) {
    throw new CorruptRecordError(describeKey(key), 'its checksum does not match its key and content');
  }
  return payload;
}

function byte(bytes: Uint8Array, i: number): number {
  return bytes[i] ?? 0;
}
