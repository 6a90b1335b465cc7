import type { BlockId, TrxId } from '@blockstrata/db-core';

/**
 * The kinds of record: the head of a block, revision → transaction, a pending transform, a committed transform, a
 * materialised block, an entry of the commit log.
 */
export type RecordKind = 'meta' | 'rev' | 'pend' | 'trx' | 'block' | 'log';

/** The kinds of record that are keyed by block and transaction. */
export type TrxRecordKind = 'pend' | 'trx' | 'block';

/**
 * The key of a record. `encoded` holds all of it in one string: what a backend with a flat key space uses as its key.
 *
 * `encoded` is the kind's letter and then the parts, each id behind its length in UTF-16 units as one character, each
 * number in 8 characters of 7 bits, most significant first. No key is a prefix of another; in the order of code units
 * and in that of UTF-8 bytes alike, numbers ascend, and the records of one kind and one block lie together.
 */
export type RecordKey =
  | { readonly kind: 'meta'; readonly blockId: BlockId; readonly encoded: string }
  | { readonly kind: 'rev'; readonly blockId: BlockId; readonly rev: number; readonly encoded: string }
  | { readonly kind: TrxRecordKind; readonly blockId: BlockId; readonly trxId: TrxId; readonly encoded: string }
  | { readonly kind: 'log'; readonly seq: number; readonly encoded: string };

const LETTERS = { meta: 'm', rev: 'r', pend: 'p', trx: 't', block: 'b', log: 'l' } as const;

/** The key of a block's head. */
export function metaKey(blockId: BlockId): RecordKey & { kind: 'meta' } {
  return { kind: 'meta', blockId, encoded: LETTERS.meta + delimited(blockId) };
}

/** The key of one revision of a block. */
export function revKey(blockId: BlockId, rev: number): RecordKey & { kind: 'rev' } {
  return { kind: 'rev', blockId, rev, encoded: LETTERS.rev + delimited(blockId) + encodeNumber(rev) };
}

/** The key of a record of one transaction on one block. */
export function trxKey<K extends TrxRecordKind>(kind: K, blockId: BlockId, trxId: TrxId): RecordKey & { kind: K } {
  const encoded = LETTERS[kind] + delimited(blockId) + delimited(trxId);
  return { kind, blockId, trxId, encoded };
}

/** The key of an entry of the commit log. */
export function logKey(seq: number): RecordKey & { kind: 'log' } {
  return { kind: 'log', seq, encoded: LETTERS.log + encodeNumber(seq) };
}

/** What the encoded keys of one kind, or of one kind and one block, begin with. */
export function keyPrefix(kind: RecordKind, blockId?: BlockId): string {
  return LETTERS[kind] + (blockId === undefined ? '' : delimited(blockId));
}

/**
 * The key that was encoded, or `undefined` where `encoded` is none.
 */
export function decodeKey(encoded: string): RecordKey | undefined {
  const rest = encoded.slice(1);
  const key = parse(encoded.charAt(0), rest);
  return key?.encoded === encoded ? key : undefined;
}

function parse(letter: string, rest: string): RecordKey | undefined {
  if (letter === LETTERS.log) return rest.length === NUMBER_LENGTH ? logKey(decodeNumber(rest)) : undefined;
  const blockId = undelimited(rest);
  const item = rest.slice(blockId.length + 1);
  switch (letter) {
    case LETTERS.meta:
      return metaKey(blockId);
    case LETTERS.rev:
      return item.length === NUMBER_LENGTH ? revKey(blockId, decodeNumber(item)) : undefined;
    case LETTERS.pend:
      return trxKey('pend', blockId, undelimited(item));
    case LETTERS.trx:
      return trxKey('trx', blockId, undelimited(item));
    case LETTERS.block:
      return trxKey('block', blockId, undelimited(item));
    default:
      return undefined;
  }
}

function delimited(id: string): string {
  return String.fromCharCode(id.length) + id;
}

function undelimited(text: string): string {
  return text.slice(1, 1 + (text.charCodeAt(0) || 0));
}

const NUMBER_LENGTH = 8;
const LOW_BITS = 28;

function encodeNumber(value: number): string {
  const high = Math.floor(value / 2 ** LOW_BITS);
  const low = value % 2 ** LOW_BITS;
  return String.fromCharCode(
    (high >>> 21) & 0x7f,
    (high >>> 14) & 0x7f,
    (high >>> 7) & 0x7f,
    high & 0x7f,
    (low >>> 21) & 0x7f,
    (low >>> 14) & 0x7f,
    (low >>> 7) & 0x7f,
    low & 0x7f,
  );
}

function decodeNumber(text: string): number {
  let value = 0;
  for (let i = 0; i < NUMBER_LENGTH; i++) value = value * 128 + text.charCodeAt(i);
  return value;
}
