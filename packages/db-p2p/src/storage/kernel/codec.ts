import type { RecordKey } from '../driver/record-key.js';

/**
 * Seals records into bytes that are bound to their key, and opens them again.
 */
export interface RecordCodec {
  /** The stored bytes of a record. */
  seal(key: RecordKey, record: unknown): Uint8Array;
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
