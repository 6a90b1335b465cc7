import { CorruptRecordError, StoreLockedError, StoreVanishedError } from '@blockstrata/db-core';
import { completion } from './completion.js';
import { equalBytes } from './equal-bytes.js';
import { HEADER_KEY, HEADER_STORE, RECORD_STORES } from './schema.js';

/** The stored header, or `undefined` where there is none. */
export async function readHeader(db: IDBDatabase): Promise<Uint8Array | undefined> {
  const trx = db.transaction(HEADER_STORE, 'readonly');
  const stored = trx.objectStore(HEADER_STORE).get(HEADER_KEY) as IDBRequest<unknown>;
  await completion(trx);
  return headerBytes(stored.result);
}

/**
 * Stores what `admit` makes of the stored header, in one transaction, on disk when it resolves; resolves with it. If
 * `admit` throws, nothing changes, and the rejection is its error.
 *
 * @throws CorruptRecordError if records are there, and no header.
 */
export async function admitHeader(
  db: IDBDatabase,
  admit: (stored: Uint8Array | undefined) => Uint8Array,
): Promise<Uint8Array> {
  const trx = db.transaction([HEADER_STORE, ...RECORD_STORES], 'readwrite', { durability: 'strict' });
  const firstKeys = RECORD_STORES.map(store => trx.objectStore(store).getAllKeys(undefined, 1));
  return replace(trx, stored => {
    if (stored === undefined && firstKeys.some(({ result }) => result.length > 0)) {
      throw new CorruptRecordError('header', 'it is not there, and records are');
    }
    return admit(stored);
  });
}

/**
 * Stores `next` in place of the owner's header, on disk when it resolves.
 *
 * @throws StoreLockedError · StoreVanishedError if the stored header is not `own` any more; nothing changes.
 */
export async function succeedHeader(name: string, db: IDBDatabase, own: Uint8Array, next: Uint8Array): Promise<void> {
  await replace(db.transaction(HEADER_STORE, 'readwrite', { durability: 'strict' }), stored => {
    checkOwned(name, stored, own);
    return next;
  });
}

/** @throws StoreLockedError · StoreVanishedError if the header in the store is not the owner's any more (INV-10). */
export function checkOwned(name: string, stored: unknown, own: Uint8Array): void {
  if (stored === undefined) throw new StoreVanishedError(name, 'its header was removed');
  if (!(stored instanceof Uint8Array && equalBytes(stored, own))) {
    throw new StoreLockedError(name, 'a later owner, which raised its epoch');
  }
}

async function replace(
  trx: IDBTransaction,
  decide: (stored: Uint8Array | undefined) => Uint8Array,
): Promise<Uint8Array> {
  const headers = trx.objectStore(HEADER_STORE);
  const stored = headers.get(HEADER_KEY) as IDBRequest<unknown>;
  let header = new Uint8Array();
  let refusal: unknown;
  stored.onsuccess = () => {
    try {
      header = new Uint8Array(decide(headerBytes(stored.result)));
      headers.put(header, HEADER_KEY);
    } catch (error) {
      refusal = error;
      trx.abort();
    }
  };
  await completion(trx).catch((error: unknown) => {
    throw refusal ?? error;
  });
  return header;
}

function headerBytes(stored: unknown): Uint8Array | undefined {
  if (stored === undefined || stored instanceof Uint8Array) return stored;
  throw new CorruptRecordError('header', 'it is no byte array');
}
