import { logKey, metaKey, revKey, trxKey, type RecordKey } from '../storage/driver/record-key.js';
import type { DriverWrite, ScanRange, StoreDriver } from '../storage/driver/store-driver.js';
import { RawStorage } from '../storage/kernel/raw-storage.js';
import type { IRawStorage } from '../storage/raw-storage.js';
import { ConformanceError, ok, same } from './assertions.js';
import { seeded } from './samples.js';

/** The driver below a store. */
export function driverOf(storage: IRawStorage): StoreDriver {
  if (storage instanceof RawStorage) return storage.driver;
  throw new ConformanceError('the store is no RawStorage: declare supports.driver false');
}

/** Puts a short value. */
export function put(key: RecordKey, ...bytes: number[]): DriverWrite {
  return { key, value: Uint8Array.from(bytes) };
}

/** Deletes. */
export function del(key: RecordKey): DriverWrite {
  return { key, value: undefined };
}

const IDS = ['a', 'aa', 'B', 'b', 'a\0', '\u00e9', '\u{1F600}', '__proto__', '../x'];
const NUMBERS = [1, 2, 10, 127, 128, 16_384, 2 ** 28 - 1, 2 ** 28, 2 ** 32 + 1, 2 ** 53 - 2, 2 ** 53 - 1];

/** Records of every kind, some hundreds, in no order. */
export function mixedRecords(): Map<string, DriverWrite & { value: Uint8Array }> {
  const keys: RecordKey[] = NUMBERS.map(logKey);
  for (const id of IDS) {
    keys.push(metaKey(id), ...NUMBERS.slice(0, 7).map(rev => revKey(id, rev)));
    for (const trxId of IDS.slice(0, 5))
      for (const kind of ['pend', 'trx', 'block'] as const) keys.push(trxKey(kind, id, trxId));
  }
  const next = seeded(99);
  const shuffled = keys.map(key => ({ key, at: next() })).sort((a, b) => a.at - b.at);
  return new Map(shuffled.map(({ key }, i) => [key.encoded, { key, value: Uint8Array.of(i >> 8, i & 255, 7) }]));
}

/** Everything that a scan finds, page by page, with what must hold of every page. */
export async function scanAll(driver: StoreDriver, range: ScanRange): Promise<[encoded: string, value?: Uint8Array][]> {
  const found: [string, Uint8Array?][] = [];
  for (let after = range.after; ;) {
    const page = await driver.scan(after === undefined ? range : { ...range, after });
    ok(page.records.length <= range.limit, 'a page is longer than its limit');
    for (const { key, value } of page.records) {
      same(key.kind, range.kind, 'the kind of a record that a scan found');
      ok((value === undefined) === (range.keysOnly === true), 'a value is there or not against what was asked');
      found.push(value === undefined ? [key.encoded] : [key.encoded, value]);
    }
    const last = page.records.at(-1);
    if (page.done) return found;
    if (last === undefined) throw new ConformanceError('a page is empty, and yet says that more follows');
    after = last.key;
  }
}
