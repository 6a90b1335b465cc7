import { wrap, type IDBPObjectStore } from 'idb';
import type { DriverRecord, RecordKind, ScanPage, ScanRange } from '@blockstrata/db-p2p/storage';
import { fromNative, toNativeRange } from './native-key.js';
import { asBytes } from './transactions.js';

/** Bytes of values after which a page ends early, so that a page of large blocks stays small (INV-12). */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024;

// Nothing is known of the sizes before the first values are there.
const FIRST_CHUNK = 16;

/** Reads one page in one transaction. */
export async function scanPage(db: IDBDatabase, range: ScanRange): Promise<ScanPage> {
  const keys = toNativeRange(range);
  if (keys === undefined) return { records: [], done: true };
  const store = db.transaction(range.kind, 'readonly').objectStore(range.kind);
  if (range.reverse === true) return readBackwards(store, keys, range);
  return range.keysOnly === true ? readKeys(store, keys, range) : readForwards(store, keys, range);
}

async function readKeys(store: IDBObjectStore, keys: IDBKeyRange, { kind, limit }: ScanRange): Promise<ScanPage> {
  const natives = await resultOf(store.getAllKeys(keys, limit));
  return { records: natives.map(native => ({ key: fromNative(kind, native) })), done: natives.length < limit };
}

async function readForwards(store: IDBObjectStore, keys: IDBKeyRange, { kind, limit }: ScanRange): Promise<ScanPage> {
  const records: DriverRecord[] = [];
  let rest = keys;
  let bytes = 0;
  let chunk = FIRST_CHUNK;
  for (;;) {
    const count = Math.min(chunk, limit - records.length);
    const [natives, values] = await Promise.all([
      resultOf(store.getAllKeys(rest, count)),
      resultOf<unknown[]>(store.getAll(rest, count)),
    ]);
    natives.forEach((native, i) => {
      const record = toRecord(kind, native, values[i]);
      bytes += record.value?.byteLength ?? 0;
      records.push(record);
    });
    const last = natives[count - 1];
    if (last === undefined) return { records, done: true };
    if (records.length >= limit || bytes >= PAGE_BYTES_MAX) return { records, done: false };
    chunk = Math.max(1, Math.floor(((PAGE_BYTES_MAX - bytes) * records.length) / Math.max(1, bytes)));
    if (indexedDB.cmp(last, keys.upper) >= 0) return { records, done: true };
    rest = IDBKeyRange.bound(last, keys.upper, true, keys.upperOpen);
  }
}

// getAll has no direction in the browsers of today but the newest.
async function readBackwards(store: IDBObjectStore, keys: IDBKeyRange, range: ScanRange): Promise<ScanPage> {
  const { kind, limit, keysOnly = false } = range;
  const records: DriverRecord[] = [];
  let bytes = 0;
  const open = (cursors: IDBPObjectStore) =>
    keysOnly ? cursors.openKeyCursor(keys, 'prev') : cursors.openCursor(keys, 'prev');
  for (let cursor = await open(wrap(store)); cursor !== null; cursor = await cursor.continue()) {
    const record = 'value' in cursor ? toRecord(kind, cursor.key, cursor.value) : { key: fromNative(kind, cursor.key) };
    records.push(record);
    bytes += record.value?.byteLength ?? 0;
    if (records.length >= limit || bytes >= PAGE_BYTES_MAX) return { records, done: false };
  }
  return { records, done: true };
}

function toRecord(kind: RecordKind, native: IDBValidKey, stored: unknown): DriverRecord {
  const key = fromNative(kind, native);
  // A record that a scan found is never absent.
  return { key, value: asBytes(stored ?? null, key)! };
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failureOf(request));
  });
}

function failureOf(request: { readonly error: DOMException | null }): Error {
  return request.error ?? new DOMException('the request failed', 'UnknownError');
}
