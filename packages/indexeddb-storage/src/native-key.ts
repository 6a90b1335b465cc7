import { CorruptRecordError, REVISION_MAX } from '@blockstrata/db-core';
import {
  logKey,
  metaKey,
  revKey,
  trxKey,
  type RecordKey,
  type RecordKind,
  type ScanRange,
} from '@blockstrata/db-p2p/storage';

/**
 * A record's key as IndexedDB orders it: the block id, `[block id, revision]`, `[block id, transaction id]`, or the
 * sequence number. Numbers compare as numbers, strings by their UTF-16 code units.
 */
export function toNative(key: RecordKey): IDBValidKey {
  switch (key.kind) {
    case 'meta':
      return key.blockId;
    case 'rev':
      return [key.blockId, key.rev];
    case 'pend':
    case 'trx':
    case 'block':
      return [key.blockId, key.trxId];
    case 'log':
      return key.seq;
  }
}

/**
 * The record's key that was stored as `native`.
 *
 * @throws CorruptRecordError if the kind has no such keys.
 */
export function fromNative(kind: RecordKind, native: IDBValidKey): RecordKey {
  if (kind === 'meta' && typeof native === 'string') return metaKey(native);
  if (kind === 'log' && isNumber(native)) return logKey(native);
  if (Array.isArray(native) && native.length === 2) {
    const [blockId, item] = native;
    if (typeof blockId === 'string') {
      if (kind === 'rev' && isNumber(item)) return revKey(blockId, item);
      if (typeof item === 'string' && (kind === 'pend' || kind === 'trx' || kind === 'block')) {
        return trxKey(kind, blockId, item);
      }
    }
  }
  throw new CorruptRecordError(`${kind} ${describe(native)}`, 'its key is none that this kind of record has');
}

/** The keys that a scan visits; `undefined` where there can be none. */
export function toNativeRange(range: ScanRange): IDBKeyRange | undefined {
  let [lower, upper] = bounds(range);
  let lowerOpen = false;
  let upperOpen = false;
  if (range.after !== undefined) {
    if (range.reverse === true) [upper, upperOpen] = [toNative(range.after), true];
    else [lower, lowerOpen] = [toNative(range.after), true];
  }
  const order = indexedDB.cmp(lower, upper);
  if (order > 0 || (order === 0 && (lowerOpen || upperOpen))) return undefined;
  return IDBKeyRange.bound(lower, upper, lowerOpen, upperOpen);
}

// Numbers sort below strings, and strings below arrays: an empty string is the least id, an empty array is above all.
function bounds({ kind, blockId, from = 0, to = REVISION_MAX }: ScanRange): [IDBValidKey, IDBValidKey] {
  if (kind === 'log') return [from, to];
  if (blockId === undefined) return kind === 'meta' ? ['', []] : [[''], [[]]];
  if (kind === 'meta') return [blockId, blockId];
  return kind === 'rev'
    ? [
        [blockId, from],
        [blockId, to],
      ]
    : [[blockId], [blockId, []]];
}

function isNumber(value: IDBValidKey | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function describe(native: IDBValidKey): string {
  return JSON.stringify(native) ?? typeof native;
}
