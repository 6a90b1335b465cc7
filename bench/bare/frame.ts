import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Encoder } from 'cbor-x';
import {
  logKey,
  metaKey,
  revKey,
  trxKey,
  type DriverWrite,
  type LogEntry,
  type RecordKey,
} from '@blockstrata/db-p2p/storage';

/** cbor-x takes it as a second argument, and does not declare it: the encoder's buffer is used again for the next record. */
const RESET_BUFFER_MODE = 1024;

declare module 'cbor-x' {
  interface Encoder {
    encode(value: unknown, mode: number): Buffer;
  }
}

const cbor = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false, variableMapSize: true });

const HEADER_BYTES = 6;

/** A record before it is sealed; no record: the key is deleted. */
export type OpenRecord = { readonly key: RecordKey; readonly record: object | undefined };

/** The frame of docs/storage-format.md, written down a second time: what no program in this format can do without. */
export function sealFrame(encodedKey: string, record: object): Uint8Array {
  return sealPayload(encodedKey, [cbor.encode(record, RESET_BUFFER_MODE)]);
}

/** The frame of a record that is encoded already, in parts that follow each other. */
export function sealPayload(encodedKey: string, parts: readonly Uint8Array[]): Uint8Array {
  let length = HEADER_BYTES;
  for (const part of parts) length += part.length;
  const bytes = Buffer.allocUnsafe(length);
  let at = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes[0] = 1;
  bytes[1] = 0;
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES), crc32(encodedKey)), 2);
  return bytes;
}

/** The encoded record in a frame. */
export function payloadOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(HEADER_BYTES);
}

/** The record in a frame. @throws RangeError if its checksum does not match. */
export function openFrame(encodedKey: string, bytes: Uint8Array): object {
  const payload = bytes.subarray(HEADER_BYTES);
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES).readUInt32LE(2);
  if (stored !== crc32(payload, crc32(encodedKey))) throw new RangeError('the checksum does not match');
  return cbor.decode(payload) as object;
}

/** The records of recorded writes, so that a bare program seals them in the time that is measured. */
export function openRecords(writes: readonly DriverWrite[]): OpenRecord[] {
  return writes.map(({ key, value }) => ({ key, record: value && openFrame(key.encoded, value) }));
}

/** The key made anew from its parts, as a program must that was not handed it. */
export function rebuiltKey(key: RecordKey): string {
  switch (key.kind) {
    case 'meta':
      return metaKey(key.blockId).encoded;
    case 'rev':
      return revKey(key.blockId, key.rev).encoded;
    case 'log':
      return logKey(key.seq).encoded;
    case 'pend':
    case 'trx':
    case 'block':
      return trxKey(key.kind, key.blockId, key.trxId).encoded;
  }
}

/** The chain of the commit log: each entry carries the digest of the one before it. */
export class LogChain {
  #seq: number;
  #digest: Uint8Array = new Uint8Array(32);

  /** @param seq where the log ends already. */
  constructor(seq = 0) {
    this.#seq = seq;
  }

  /** Where the log ends. */
  get seq(): number {
    return this.#seq;
  }

  /** The digest of the newest entry, in hexadecimal. */
  get digest(): string {
    return Buffer.from(this.#digest).toString('hex');
  }

  /** Seals the next entry; what `entry` says of its place is replaced. */
  append(entry: LogEntry): { readonly key: string; readonly value: Uint8Array } {
    const key = logKey(++this.#seq).encoded;
    const value = sealFrame(key, { ...entry, seq: this.#seq, prev: this.#digest });
    this.#digest = createHash('sha256').update(value).digest();
    return { key, value };
  }
}
