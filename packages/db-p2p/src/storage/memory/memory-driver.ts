import { StoreClosedError, StoreLockedError, StoreMissingError } from '@blockstrata/db-core';
import { decodeKey, keyPrefix, type RecordKey, type RecordKind } from '../driver/record-key.js';
import type {
  DriverOpened,
  DriverOpenOptions,
  DriverRecord,
  DriverSupports,
  DriverWrite,
  ScanPage,
  ScanRange,
  StoreDriver,
} from '../driver/store-driver.js';
import { KeyIndex } from './key-index.js';

const SUPPORTS: DriverSupports = Object.freeze({
  persistence: false,
  durability: Object.freeze(['strict', 'relaxed'] as const),
  encoding: 'cbor',
});

/**
 * A store in memory. What it holds outlives `close()`, so that the same driver can be opened again, but not the driver.
 *
 * Reads answer at once. A write is applied in one synchronous step, so no reader ever sees a part of it.
 *
 * @example
 * ```ts
 * import { MemoryDriver, RawStorage } from '@blockstrata/db-p2p/storage';
 *
 * const driver = new MemoryDriver();
 * await new RawStorage(driver).open();
 * ```
 */
export class MemoryDriver implements StoreDriver {
  readonly name: string;
  readonly supports = SUPPORTS;
  readonly #records = new Map<string, Uint8Array>();
  /** Made at the first scan of a kind and kept up from then on: a kind that nobody scans costs nothing. */
  readonly #indexes = new Map<RecordKind, KeyIndex>();
  #header: Uint8Array | undefined;
  #isOpen = false;

  /** @param name what errors call the store; default `memory`. */
  constructor(name = 'memory') {
    this.name = name;
  }

  async open(options: DriverOpenOptions): Promise<DriverOpened> {
    if (this.#isOpen) throw new StoreLockedError(this.name, 'this process');
    if (this.#header === undefined && !options.create) throw new StoreMissingError(this.name);
    this.#header = options.admit(this.#header).bytes;
    this.#isOpen = true;
    return { losses: [] };
  }

  async close(header: Uint8Array | undefined): Promise<void> {
    this.#header = header ?? this.#header;
    this.#isOpen = false;
  }

  get(key: RecordKey): Uint8Array | undefined {
    this.#mustBeOpen();
    return this.#records.get(key.encoded);
  }

  getMany(keys: readonly RecordKey[]): (Uint8Array | undefined)[] {
    this.#mustBeOpen();
    return keys.map(key => this.#records.get(key.encoded));
  }

  async scan(range: ScanRange): Promise<ScanPage> {
    this.#mustBeOpen();
    const records: DriverRecord[] = [];
    for (const encoded of this.#indexOf(range.kind).scan(range)) {
      if (records.length === range.limit) return { records, done: false };
      const key = decodeKey(encoded);
      const value = this.#records.get(encoded);
      if (key === undefined || value === undefined) continue;
      records.push(range.keysOnly === true ? { key } : { key, value });
    }
    return { records, done: true };
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    this.#mustBeOpen();
    for (const write of writes) {
      if (this.#indexes.size > 0) this.#follow(write);
      const { key, value } = write;
      if (value === undefined) this.#records.delete(key.encoded);
      else this.#records.set(key.encoded, value);
    }
  }

  async size(): Promise<number> {
    let bytes = 0;
    for (const [encoded, value] of this.#records) bytes += encoded.length + value.length;
    return bytes;
  }

  #mustBeOpen(): void {
    if (!this.#isOpen) throw new StoreClosedError(this.name);
  }

  #follow({ key, value }: DriverWrite): void {
    const index = this.#indexes.get(key.kind);
    if (index === undefined) return;
    const exists = this.#records.has(key.encoded);
    if (value !== undefined && !exists) index.add(key);
    if (value === undefined && exists) {
      this.#records.delete(key.encoded);
      index.remove(key);
    }
  }

  #indexOf(kind: RecordKind): KeyIndex {
    let index = this.#indexes.get(kind);
    if (index === undefined) {
      index = new KeyIndex(kind, encoded => this.#records.has(encoded));
      const prefix = keyPrefix(kind);
      for (const encoded of this.#records.keys()) {
        const key = encoded.startsWith(prefix) ? decodeKey(encoded) : undefined;
        if (key !== undefined) index.add(key);
      }
      this.#indexes.set(kind, index);
    }
    return index;
  }
}
