import { conformance } from '@blockstrata/db-p2p/conformance';
import type { RecordKey } from '@blockstrata/db-p2p/storage';
import { describe, it } from 'vitest';
import { IndexedDBRawStorage } from '../../src/index.js';
import { toNative } from '../../src/native-key.js';
import { answer, freshName } from './opened-driver.js';

/** Flips a bit of a stored value, with the store closed. */
async function flipBit(name: string, key: RecordKey): Promise<void> {
  const db = await answer(indexedDB.open(name));
  const trx = db.transaction(key.kind, 'readwrite');
  const store = trx.objectStore(key.kind);
  const bytes = (await answer(store.get(toNative(key)))) as Uint8Array;
  bytes[bytes.length >> 1]! ^= 4;
  store.put(bytes, toNative(key));
  await new Promise(resolve => (trx.oncomplete = resolve));
  db.close();
}

function failure(name: string): DOMException {
  return new DOMException('injected', name);
}

const READS = ['get', 'getAll', 'getAllKeys', 'openCursor', 'openKeyCursor'] as const;

/** Makes every read of one database fail; the name is never used again. */
function failReads(name: string): void {
  for (const method of READS) {
    const descriptor = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, method)!;
    const original = descriptor.value as (this: IDBObjectStore, ...rest: unknown[]) => IDBRequest;
    const failing = function (this: IDBObjectStore, ...rest: unknown[]): IDBRequest {
      if (this.transaction.db.name === name) throw failure('UnknownError');
      return original.apply(this, rest);
    };
    Object.assign(IDBObjectStore.prototype, { [method]: failing });
  }
}

/** Makes the next batch fail when everything in it is done, but nothing is committed. */
function failNextWrite(name: string): void {
  const original = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, 'commit')!;
  const commit = original.value as () => void;
  IDBTransaction.prototype.commit = function (): void {
    if (this.db.name !== name) return commit.call(this);
    Object.defineProperty(IDBTransaction.prototype, 'commit', original);
    throw failure('DataCloneError');
  };
}

/** Registers the conformance suite of all backends. */
export function conformanceSuite(): void {
  conformance<IndexedDBRawStorage>({
    describe,
    it,
    open: options => new IndexedDBRawStorage(freshName(), options),
    reopen: (storage, options) => new IndexedDBRawStorage(storage.name, options),
    destroy: async storage => {
      await answer(indexedDB.deleteDatabase(storage.name));
    },
    faults: {
      damage: async (storage, key) => {
        await storage.close();
        await flipBit(storage.name, key);
        const damaged = new IndexedDBRawStorage(storage.name, { cacheBytesMax: 0 });
        await damaged.open();
        return damaged;
      },
      failReads: storage => failReads(storage.name),
      failNextWrite: storage => failNextWrite(storage.name),
    },
  });
}
