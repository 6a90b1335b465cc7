import { CorruptRecordError } from '@blockstrata/db-core';
import { crc32, fromBase64, toBase64 } from '#platform';
import type { RecordKey } from '../driver/record-key.js';
import { describeKey, type RecordCodec } from './codec.js';
import { containsBytes } from './content-walk.js';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const CRC_DIGITS = 8;
const NO_CRC = '0'.repeat(CRC_DIGITS);
const MIDDLE = '","value":';
const END = '}';
const BYTES_MARK = '{"/":{"bytes":';

/**
 * One JSON text that a person can read: `{"key":{…},"crc32":"…","value":…}`, the checksum being CRC-32 over the encoded
 * key and the text of the value. Byte arrays are `{"/":{"bytes":base64}}`, as in DAG-JSON.
 */
export const jsonCodec: RecordCodec = {
  seal(key, record) {
    const value = JSON.stringify(containsBytes(record) ? bytesToJson(record) : record);
    const prefix = prefixOf(key);
    const text = prefix + NO_CRC + MIDDLE + value + END;
    const bytes = utf8Encoder.encode(text);
    // As many bytes as UTF-16 units: all of it is ASCII. The checksum is of bytes, so that they are made only once.
    const crcStart = bytes.length === text.length ? prefix.length : utf8Encoder.encode(prefix).length;
    const valueBytes = bytes.subarray(crcStart + CRC_DIGITS + MIDDLE.length, -END.length);
    const crc = crcText(crc32(valueBytes, crc32(key.encoded)));
    for (let digit = 0; digit < CRC_DIGITS; digit++) bytes[crcStart + digit] = crc.charCodeAt(digit);
    return bytes;
  },

  unseal(key, bytes) {
    const corrupt = (problem: string, cause?: unknown) =>
      new CorruptRecordError(describeKey(key), problem, cause === undefined ? {} : { cause });
    let text: string;
    try {
      text = utf8Decoder.decode(bytes);
    } catch (cause) {
      throw corrupt('it is no UTF-8', cause);
    }
    const prefix = prefixOf(key);
    if (!text.startsWith(prefix)) throw corrupt('it holds another record, or none');
    const valueStart = prefix.length + CRC_DIGITS + MIDDLE.length;
    const trimmed = text.endsWith('\n') ? text.length - 1 : text.length;
    if (!text.startsWith(MIDDLE, prefix.length + CRC_DIGITS) || text.charAt(trimmed - 1) !== END) {
      throw corrupt('it is cut off');
    }
    const value = text.slice(valueStart, trimmed - 1);
    const crc = crcText(crc32(value, crc32(key.encoded)));
    if (!text.startsWith(crc, prefix.length)) throw corrupt('its checksum does not match its key and content');
    try {
      const record = JSON.parse(value) as unknown;
      return value.includes(BYTES_MARK) ? bytesFromJson(record) : record;
    } catch (cause) {
      throw corrupt('it is no JSON', cause);
    }
  },
};

/** The order of the members is part of the format. */
function prefixOf(key: RecordKey): string {
  return `{"key":{"kind":"${key.kind}",${partsOf(key)}},"crc32":"`;
}

function partsOf(key: RecordKey): string {
  if (key.kind === 'log') return `"seq":${key.seq}`;
  const block = `"blockId":${JSON.stringify(key.blockId)}`;
  if (key.kind === 'meta') return block;
  return key.kind === 'rev' ? `${block},"rev":${key.rev}` : `${block},"trxId":${JSON.stringify(key.trxId)}`;
}

function crcText(crc: number): string {
  return crc.toString(16).padStart(CRC_DIGITS, '0');
}

function bytesToJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { '/': { bytes: toBase64(value) } };
  if (Array.isArray(value)) return value.map(bytesToJson);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, bytesToJson(child)]));
}

function bytesFromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(bytesFromJson);
  const marked = (value as { '/'?: { bytes: string } })['/'];
  if (marked !== undefined) return fromBase64(marked.bytes);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, bytesFromJson(child)]));
}
