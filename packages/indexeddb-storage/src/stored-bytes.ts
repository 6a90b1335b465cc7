import type { ScanRange } from '@blockstrata/db-p2p/storage';
import { scanPage } from './scan-page.js';
import { RECORD_STORES } from './schema.js';

const PAGE_RECORDS = 1_000;

/** Bytes of all keys and values, counted: for platforms that do not tell the size of a store. */
export async function storedBytes(db: IDBDatabase): Promise<number> {
  let bytes = 0;
  for (const kind of RECORD_STORES) {
    let range: ScanRange = { kind, limit: PAGE_RECORDS };
    for (;;) {
      const { records, done } = await scanPage(db, range);
      for (const { key, value } of records) bytes += key.encoded.length + (value?.byteLength ?? 0);
      const after = records.at(-1)?.key;
      if (done || after === undefined) break;
      range = { ...range, after };
    }
  }
  return bytes;
}
