import { encodeStored, type Encoded } from '../encoded/encoded-value.js';
import type { RecordKey } from '../driver/record-key.js';

/**
 * Seals records into bytes that are bound to their key, and opens them again.
 */
export interface RecordCodec {
  /** The stored bytes of a record. */
  seal(key: RecordKey, record: unknown): Uint8Array;
  /** The stored bytes of a record that is encoded already; for codecs that store encodings as they are. */
  sealEncoded?(key: RecordKey, record: Encoded): Uint8Array;
  /** The stored bytes of a committed transaction whose transform is encoded already; likewise. */
  sealEncodedTrx?(key: RecordKey, transform: Encoded, rev: number): Uint8Array;
  /**
   * The encoded transform in the stored bytes of a transaction, shared with them; `undefined` where it cannot be cut out.
   *
   * @throws CorruptRecordError as {@link RecordCodec.unseal} does.
   */
  unsealTransform?(key: RecordKey, bytes: Uint8Array, rev: number): Uint8Array | undefined;
  /**
   * The record in stored bytes; it is the caller's to change.
   *
   * @throws CorruptRecordError if the bytes are damaged, or belong to another key (INV-6).
   */
  unseal(key: RecordKey, bytes: Uint8Array): unknown;
}

/** Names a key in an error. */
export function describeKey(key: RecordKey): string {
  switch (key.kind) {
    case 'meta':
      return `the head of block ${JSON.stringify(key.blockId)}`;
    case 'rev':
      return `revision ${key.rev} of block ${JSON.stringify(key.blockId)}`;
    case 'log':
      return `commit log entry ${key.seq}`;
    case 'pend':
    case 'trx':
    case 'block':
      return `${TRX_RECORDS[key.kind]} ${JSON.stringify(key.trxId)} of block ${JSON.stringify(key.blockId)}`;
  }
}

const TRX_RECORDS = { pend: 'pending transaction', trx: 'transaction', block: 'the copy by transaction' } as const;

/** The transform in the stored bytes of a transaction, encoded as in CBOR stores. @throws CorruptRecordError */
export function encodedTransform(codec: RecordCodec, key: RecordKey, bytes: Uint8Array, rev: number): Uint8Array {
  const encoded = codec.unsealTransform?.(key, bytes, rev);
  if (encoded !== undefined) return encoded;
  return encodeStored((codec.unseal(key, bytes) as { transform: unknown }).transform);
}
