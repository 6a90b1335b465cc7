import { CorruptRecordError } from '@blockstrata/db-core';
import type { RecordKey } from '../driver/record-key.js';
import type { DriverRecord, ScanRange, StoreDriver } from '../driver/store-driver.js';
import type { ScannedRecord } from '../raw-storage.js';
import type { RecordCodec } from './codec.js';
import { freezeDecoded } from './content-walk.js';
import type { InFlight } from './in-flight.js';

type Range = Omit<ScanRange, 'limit' | 'keysOnly'>;

// Short scans are the common case: the walk to the nearest checkpoint.
const FIRST_PAGE_RECORDS = 16;

/** Reads ranges of records page by page; nothing stays open while a consumer thinks. */
export class RecordScanner {
  readonly #driver: StoreDriver;
  readonly #codec: RecordCodec;
  readonly #inFlight: InFlight;
  readonly #pageRecordsMax: number;
  readonly #ready: () => Promise<void>;

  /** `ready` resolves when the store is open, and rejects when it is not to be: it may close between two pages. */
  constructor(
    driver: StoreDriver,
    codec: RecordCodec,
    inFlight: InFlight,
    pageRecordsMax: number,
    ready: () => Promise<void>,
  ) {
    this.#driver = driver;
    this.#codec = codec;
    this.#inFlight = inFlight;
    this.#pageRecordsMax = pageRecordsMax;
    this.#ready = ready;
  }

  /** The records of a range, decoded and frozen. @throws CorruptRecordError at the first damaged one. */
  async *read(range: Range, limit?: number): AsyncIterable<{ key: RecordKey; record: unknown }> {
    for await (const records of this.#pages(range, limit, false)) {
      for (const { key, value } of records) yield { key, record: this.#decode(key, value) };
    }
  }

  /** The same, page by page: a record by itself costs a turn of the microtasks. */
  async *readPages(range: Range): AsyncIterable<{ key: RecordKey; record: unknown }[]> {
    for await (const records of this.#pages(range, undefined, false)) {
      yield records.map(({ key, value }) => ({ key, record: this.#decode(key, value) }));
    }
  }

  /** The keys of a range. */
  async *keys(range: Range, limit?: number): AsyncIterable<RecordKey> {
    for await (const records of this.#pages(range, limit, true)) for (const { key } of records) yield key;
  }

  /** The records of a range; a damaged one comes with its error, and what the engine cannot give is left out. */
  async *inspect(range: Range): AsyncIterable<ScannedRecord> {
    for await (const records of this.#pages({ ...range, intactOnly: true }, undefined, false)) {
      for (const record of records) yield this.#inspected(record);
    }
  }

  #inspected({ key, value }: DriverRecord): ScannedRecord {
    const bytes = value ?? new Uint8Array();
    try {
      return { key, bytes, record: this.#decode(key, value) };
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      return { key, bytes, damage: error };
    }
  }

  #decode(key: RecordKey, value: Uint8Array | undefined): unknown {
    return freezeDecoded(this.#codec.unseal(key, value ?? new Uint8Array()));
  }

  async *#pages(
    range: Range,
    limit = Number.POSITIVE_INFINITY,
    keysOnly: boolean,
  ): AsyncIterable<readonly DriverRecord[]> {
    let left = limit;
    let page = FIRST_PAGE_RECORDS;
    let next: Range = range;
    while (left > 0) {
      const scan: ScanRange = { ...next, limit: Math.min(left, page), keysOnly };
      await this.#ready();
      const { records, done } = await this.#inFlight.read([], () => this.#driver.scan(scan));
      if (records.length > 0) yield records;
      const last = records.at(-1);
      if (done || last === undefined) return;
      left -= records.length;
      page = this.#pageRecordsMax;
      next = behind(range, last.key);
    }
  }
}

function behind(range: Range, key: RecordKey): Range {
  const number = numberIn(range, key);
  if (number === undefined) return { ...range, after: key };
  return range.reverse ? { ...range, to: number - 1 } : { ...range, from: number + 1 };
}

/** What a range counts by, where it does. */
function numberIn(range: Range, key: RecordKey): number | undefined {
  if (key.kind === 'log') return key.seq;
  return key.kind === 'rev' && range.blockId !== undefined ? key.rev : undefined;
}
