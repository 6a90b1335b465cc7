import { CorruptRecordError } from '@blockstrata/db-core';
import {
  decodeKey,
  type DriverRecord,
  type MaybePromise,
  type RecordKey,
  type ScanPage,
  type ScanRange,
} from '@blockstrata/db-p2p/storage';
import { nextCheckedWindow, requireIntact, type CheckedWindow } from './checked-window.js';
import type { TableFile, TableGuard } from './engine-files/table-guard.js';
import type { Engine } from './engine.js';
import { toStorageError, withStorageErrors } from './level-errors.js';
import { boundsOf, iteratorRange, type KeyBounds } from './scan-bounds.js';

// Up to here, reading on this thread takes less time than a way to another thread and back.
const SYNC_KEYS_MAX = 256;

// A page ends early once its values come to this.
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

// How much LevelDB's iterator brings over from its thread at once.
const ITERATOR_BYTES_MAX = 1024 * 1024;

type ReadOptions = { readonly snapshot: ReturnType<Engine['snapshot']> };

/** Reads records of an open LevelDB: no table of an earlier session before it was checked, and nothing of what is damaged. */
export class LevelReader {
  /** Set while a batch is on its way: then only a snapshot shows all of it or nothing. */
  batchUnderWay = false;
  readonly #store: string;
  readonly #engine: Engine;
  /** `undefined`: all tables were checked, and are whole. */
  #guard: TableGuard | undefined;

  constructor(store: string, engine: Engine, guard: TableGuard) {
    this.#store = store;
    this.#engine = engine;
    this.#guard = guard;
  }

  /** The value under a key, at once where its tables were checked. */
  get(key: string): MaybePromise<Uint8Array | undefined> {
    const checking = this.#checkTablesOf([key]);
    return checking === undefined ? this.#readOne(key) : checking.then(() => this.#readOne(key));
  }

  /** The values under several keys as one consistent cut. */
  getMany(keys: readonly string[]): MaybePromise<(Uint8Array | undefined)[]> {
    const checking = this.#checkTablesOf(keys);
    return checking === undefined ? this.#readMany(keys) : checking.then(() => this.#readMany(keys));
  }

  /** One page; the iterator is closed when it resolves. */
  async scan(range: ScanRange): Promise<ScanPage> {
    return withStorageErrors('scan records', this.#store, async () => {
      let rest = boundsOf(range);
      for (;;) {
        const part: CheckedWindow = this.#guard ? await nextCheckedWindow(this.#guard, rest) : { window: rest };
        const page = await this.#readPage(part.window, range);
        if (part.rest === undefined) return page;
        if (page.records.length > 0) return { records: page.records, done: false };
        rest = part.rest;
      }
    });
  }

  #readOne(key: string, options?: ReadOptions): Uint8Array | undefined {
    try {
      return options === undefined ? this.#engine.getSync(key) : this.#engine.getSync(key, options);
    } catch (error) {
      throw toStorageError(error, 'read a record', this.#store);
    }
  }

  #readMany(keys: readonly string[]): MaybePromise<(Uint8Array | undefined)[]> {
    const [only] = keys;
    if (only !== undefined && keys.length === 1) return [this.#readOne(only)];
    // LevelDB reads them all from a snapshot that it takes now, which holds all of a batch or none of it (INV-2).
    if (keys.length > SYNC_KEYS_MAX) {
      return withStorageErrors('read records', this.#store, () => this.#engine.getMany([...keys]));
    }
    // Where no batch is under way, none can begin before this returns.
    if (!this.batchUnderWay) return keys.map(key => this.#readOne(key));
    const snapshot = this.#engine.snapshot();
    try {
      return keys.map(key => this.#readOne(key, { snapshot }));
    } finally {
      void snapshot.close();
    }
  }

  async #readPage(bounds: KeyBounds, { limit, keysOnly = false }: ScanRange): Promise<ScanPage> {
    const options = { ...iteratorRange(bounds), limit, values: !keysOnly, highWaterMarkBytes: ITERATOR_BYTES_MAX };
    const iterator = this.#engine.iterator(options);
    try {
      const records: DriverRecord[] = [];
      let bytes = 0;
      while (records.length < limit && bytes < PAGE_BYTES_MAX) {
        const entries = await iterator.nextv(limit - records.length);
        if (entries.length === 0) return { records, done: true };
        for (const [encoded, value] of entries) {
          records.push(keysOnly ? { key: decode(encoded) } : { key: decode(encoded), value });
          bytes += keysOnly ? 0 : value.length;
        }
      }
      return { records, done: false };
    } finally {
      await iterator.close();
    }
  }

  /** `undefined`: there is nothing to wait for. */
  #checkTablesOf(keys: readonly string[]): Promise<void> | undefined {
    const guard = this.#guard;
    if (guard === undefined) return undefined;
    if (guard.isIdle) {
      this.#guard = undefined;
      return undefined;
    }
    const encoded = keys.map(key => Buffer.from(key));
    const unchecked = new Set<TableFile>();
    for (const key of encoded) for (const table of guard.unchecked(key, key)) unchecked.add(table);
    const requireAllIntact = () => encoded.forEach(key => requireIntact(guard, key, key));
    if (unchecked.size > 0) {
      const check = () => guard.check([...unchecked]);
      return withStorageErrors('check a table', this.#store, check).then(requireAllIntact);
    }
    requireAllIntact();
    return undefined;
  }
}

function decode(encoded: string): RecordKey {
  const key = decodeKey(encoded);
  if (key === undefined) throw new CorruptRecordError(JSON.stringify(encoded), 'it is no key of a record');
  return key;
}
