import { CorruptRecordError, StorageIoError } from '@blockstrata/db-core';
import type { DriverWrite, Durability, RecordKey } from '@blockstrata/db-p2p/storage';
import { completion } from './completion.js';
import { checkOwned } from './header-record.js';
import { toNative } from './native-key.js';
import { HEADER_KEY, HEADER_STORE } from './schema.js';

/** The values under `keys`, of which there is at least one, read in one transaction. */
export async function readValues(db: IDBDatabase, keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
  const trx = db.transaction([...new Set(keys.map(key => key.kind))], 'readonly');
  const requests = keys.map(key => trx.objectStore(key.kind).get(toNative(key)) as IDBRequest<unknown>);
  await succeeded(trx, requests[requests.length - 1]!);
  return requests.map((request, i) => asBytes(request.result, keys[i]!));
}

/** A store that is being written to: its name, how durably, and the header that its owner stored when it opened it. */
export type WriteTarget = { readonly name: string; readonly durability: Durability; readonly header: Uint8Array };

/**
 * Applies all writes in one transaction. The same transaction checks that the header is still the owner's: one who was
 * superseded writes nothing (INV-10). Resolves only on `complete`, when the batch is as durable as asked (INV-1).
 *
 * @throws StoreLockedError · StoreVanishedError · StorageIoError · DOMException as the browser gave it
 */
export async function writeBatch(
  db: IDBDatabase,
  writes: readonly DriverWrite[],
  { name, durability, header }: WriteTarget,
): Promise<void> {
  const kinds = new Set(writes.map(write => write.key.kind));
  const trx = db.transaction([HEADER_STORE, ...kinds], 'readwrite', { durability });
  const completed = completion(trx);
  const stored = trx.objectStore(HEADER_STORE).get(HEADER_KEY) as IDBRequest<unknown>;
  let superseded: unknown;
  stored.onsuccess = () => {
    try {
      checkOwned(name, stored.result, header);
      // The puts are queued already: this saves the round trip of their answers.
      trx.commit();
    } catch (error) {
      superseded = error;
      trx.abort();
    }
  };
  try {
    for (const { key, value } of writes) {
      const store = trx.objectStore(key.kind);
      if (value === undefined) store.delete(toNative(key));
      else store.put(ownBytes(value), toNative(key));
    }
  } catch (cause) {
    trx.abort();
    await completed.catch(() => undefined);
    throw new StorageIoError('write', { cause, outcome: 'nothing-written' });
  }
  await completed.catch((error: unknown) => {
    throw superseded ?? error;
  });
}

/** The value that a read found. */
export function asBytes(value: unknown, key: RecordKey): Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value;
  throw new CorruptRecordError(`${key.kind} ${JSON.stringify(toNative(key))}`, 'it is no byte array');
}

// Requests succeed in their order, so the last one stands for all, and there is no need to wait for the transaction.
function succeeded(trx: IDBTransaction, last: IDBRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    last.onsuccess = () => resolve();
    completion(trx).catch(reject);
  });
}

// Structured cloning copies the whole buffer beneath a view: an encoder's 8 KiB page for a record of 100 bytes.
function ownBytes(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
}
