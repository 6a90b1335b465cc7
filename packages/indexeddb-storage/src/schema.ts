import type { RecordKind } from '@blockstrata/db-p2p/storage';

/** The version of the layout, as IndexedDB counts it. */
export const SCHEMA_VERSION = 1;

/** The object store that holds the one header, under {@link HEADER_KEY}. */
export const HEADER_STORE = 'header';

/** The key of the header. */
export const HEADER_KEY = 'header';

/** The object stores of the records, one for each kind. All keys are out of line. */
export const RECORD_STORES = ['meta', 'rev', 'pend', 'trx', 'block', 'log'] as const satisfies readonly RecordKind[];

const STORES: readonly string[] = [HEADER_STORE, ...RECORD_STORES];

/** Makes the object stores of a new database. */
export function createStores(db: { createObjectStore(name: string): unknown }): void {
  for (const store of STORES) db.createObjectStore(store);
}

/** Whether a database has exactly the object stores of this layout. */
export function hasStores(db: IDBDatabase): boolean {
  return db.objectStoreNames.length === STORES.length && STORES.every(store => db.objectStoreNames.contains(store));
}
