import { CorruptRecordError } from '@blockstrata/db-core';
import { allocate, CborEncoder, crc32 } from '#platform';
import type { RecordKey } from '../driver/record-key.js';
import { describeKey, type RecordCodec } from './codec.js';

const FORMAT = 1;
/** Reserved: compressed, encrypted. */
const FLAGS = 0;
const HEADER_BYTES = 6;

/** cbor-x takes it as a second argument, and does not declare it: the encoder's buffer is used again for the next record. */
const RESET_BUFFER_MODE = 1024;

declare module 'cbor-x' {
  interface Encoder {
    encode(value: unknown, mode: number): Buffer;
  }
}

const cbor = new CborEncoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, variableMapSize: true });

/**
 * Compact frames: format byte, flags, CRC-32 (little-endian) over the encoded key and the payload, then CBOR (RFC 8949).
 */
export const cborCodec: RecordCodec = {
  seal(key, record) {
    const payload = cbor.encode(record, RESET_BUFFER_MODE) as Uint8Array;
    const crc = crc32(payload, crc32(key.encoded));
    const bytes = allocate(HEADER_BYTES + payload.length);
    bytes[0] = FORMAT;
    bytes[1] = FLAGS;
    bytes[2] = crc;
    bytes[3] = crc >>> 8;
    bytes[4] = crc >>> 16;
    bytes[5] = crc >>> 24;
    bytes.set(payload, HEADER_BYTES);
    return bytes;
  },

  unseal(key, bytes) {
    const problem = frameProblem(key, bytes);
    if (problem !== undefined) throw new CorruptRecordError(describeKey(key), problem);
    try {
      return cbor.decode(bytes.subarray(HEADER_BYTES)) as unknown;
    } catch (cause) {
      throw new CorruptRecordError(describeKey(key), 'it is no CBOR', { cause });
    }
  },
};

function frameProblem(key: RecordKey, bytes: Uint8Array): string | undefined {
  if (bytes.length <= HEADER_BYTES) return 'it is cut off';
  const byte = (i: number) => bytes[i] ?? 0;
  if (byte(0) !== FORMAT || byte(1) !== FLAGS) return `its format (${byte(0)}, ${byte(1)}) is unknown`;
  const stored = (byte(2) | (byte(3) << 8) | (byte(4) << 16) | (byte(5) << 24)) >>> 0;
  const actual = crc32(bytes.subarray(HEADER_BYTES), crc32(key.encoded));
  return stored === actual ? undefined : 'its checksum does not match its key and content';
}
