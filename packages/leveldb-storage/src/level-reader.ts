import { CorruptRecordError } from '@blockstrata/db-core';
import {
  decodeKey,
  type DriverLoss,
  type DriverRecord,
  type MaybePromise,
  type RecordKey,
  type ScanPage,
  type ScanRange,
} from '@blockstrata/db-p2p/storage';
import { nextCheckedWindow, nextIntactWindow, type CheckedWindow } from './checked-window.js';
import type { Finding } from './engine-files/findings.js';
import type { TableGuard } from './engine-files/table-guard.js';
import type { Engine } from './engine.js';
import { toStorageError, withStorageErrors } from './level-errors.js';
import type { MembershipFilter } from './membership/membership-filter.js';
import { boundsOf, iteratorRange, type KeyBounds } from './scan-bounds.js';

// Up to here, reading on this thread takes less time than a way to another thread and back.
const SYNC_KEYS_MAX = 256;

// A page ends early once its values come to this.
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

// How much LevelDB's iterator brings over from its thread at once.
const ITERATOR_BYTES_MAX = 1024 * 1024;

const BINARY_KEYS = { keyEncoding: 'buffer' } as const;

const NOTHING: ScanPage = { records: [], done: true };

type ReadOptions = { readonly snapshot: ReturnType<Engine['snapshot']> };

/** Reads records of an open LevelDB: no table of an earlier session before it was checked, and nothing of what is damaged. */
export class LevelReader {
  /** Set while a batch is on its way: then only a snapshot shows all of it or nothing. */
  batchUnderWay = false;
  readonly #store: string;
  readonly #engine: Engine;
  /** `undefined`: all tables were checked, and are whole. */
  #guard: TableGuard | undefined;
  readonly #membership: MembershipFilter | undefined;

  constructor(store: string, engine: Engine, guard: TableGuard, membership: MembershipFilter | undefined) {
    this.#store = store;
    this.#engine = engine;
    this.#guard = guard;
    this.#membership = membership;
  }

  /** The value under a key. */
  get(key: RecordKey): Uint8Array | undefined {
    if (!this.#mayHold(key)) return undefined;
    this.#requireIntact(key.encoded);
    return this.#readOne(key.encoded);
  }

  /** The values under several keys as one consistent cut. */
  getMany(keys: readonly RecordKey[]): MaybePromise<(Uint8Array | undefined)[]> {
    // Transactions are asked for together where history is replayed, and are there: a look would be for nothing.
    const asked = keys.filter(key => key.kind !== 'meta' || this.#mayHold(key));
    if (asked.length === 0) return keys.map(() => undefined);
    const reading = this.#readMany(asked.map(key => key.encoded));
    if (asked.length === keys.length) return reading;
    const values = (found: readonly (Uint8Array | undefined)[]) => {
      let next = 0;
      return keys.map(key => (key === asked[next] ? found[next++] : undefined));
    };
    return reading instanceof Promise ? reading.then(values) : values(reading);
  }

  /** One page; the iterator is closed when it resolves. */
  async scan(range: ScanRange): Promise<ScanPage> {
    return withStorageErrors('scan records', this.#store, async () => {
      let rest = boundsOf(range);
      for (;;) {
        const part = await this.#nextWindow(rest, range.intactOnly === true);
        const page = part.window === undefined ? NOTHING : await this.#readPage(part.window, range);
        if (part.rest === undefined) return page;
        if (page.records.length > 0) return { records: page.records, done: false };
        rest = part.rest;
      }
    });
  }

  /** Checks every table that was not checked yet, and gives the damage that is known. */
  async inspect(): Promise<readonly DriverLoss[]> {
    await this.#guard?.checkAll();
    return this.#guard?.findings.map(({ record, problem }) => ({ record, problem })) ?? [];
  }

  // What is known to be damaged comes first: LevelDB may have merged a damaged key into a table that does not hold it (INV-6).
  #mayHold(key: RecordKey): boolean {
    if (this.#membership === undefined || this.#membership.mayHold(key)) return true;
    if (this.#guard?.hasFindings !== true) return false;
    const bytes = Buffer.from(key.encoded);
    return this.#guard.damageIn(bytes, bytes) !== undefined;
  }

  async #nextWindow(bounds: KeyBounds, intactOnly: boolean): Promise<Partial<CheckedWindow>> {
    if (this.#guard === undefined) return { window: bounds };
    return intactOnly ? nextIntactWindow(this.#guard, bounds) : nextCheckedWindow(this.#guard, bounds);
  }

  #readMany(keys: readonly string[]): MaybePromise<(Uint8Array | undefined)[]> {
    for (const key of keys) this.#requireIntact(key);
    // LevelDB reads them all from a snapshot that it takes now, which holds all of a batch or none of it (INV-2).
    if (keys.length > SYNC_KEYS_MAX) {
      return withStorageErrors('read records', this.#store, () => this.#engine.getMany([...keys]));
    }
    // One value is a cut by itself. Where no batch is under way, none can begin before this returns.
    if (keys.length === 1 || !this.batchUnderWay) return keys.map(key => this.#readOne(key));
    return this.#readCut(keys);
  }

  #readCut(keys: readonly string[]): (Uint8Array | undefined)[] {
    const snapshot = this.#engine.snapshot();
    try {
      return keys.map(key => this.#readOne(key, { snapshot }));
    } finally {
      // Nothing reads from it any more, so that closing it does not wait, and cannot fail.
      void snapshot.close();
    }
  }

  #readOne(key: string, options?: ReadOptions): Uint8Array | undefined {
    try {
      return options === undefined ? this.#engine.getSync(key) : this.#engine.getSync(key, options);
    } catch (error) {
      throw toStorageError(error, 'read a record', this.#store);
    }
  }

  async #readPage(bounds: KeyBounds, { limit, keysOnly = false }: ScanRange): Promise<ScanPage> {
    const options = {
      ...iteratorRange(bounds),
      ...(isText(bounds) ? {} : BINARY_KEYS),
      limit,
      values: !keysOnly,
      highWaterMarkBytes: ITERATOR_BYTES_MAX,
    };
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

  #requireIntact(key: string): void {
    const guard = this.#guard;
    if (guard === undefined) return;
    if (guard.isIdle) {
      this.#guard = undefined;
      return;
    }
    let damage: Finding | undefined;
    try {
      damage = guard.damageAt(Buffer.from(key));
    } catch (error) {
      throw toStorageError(error, 'check a table', this.#store);
    }
    if (damage !== undefined) throw new CorruptRecordError(damage.record, damage.problem);
  }
}

function isText({ lower, upper }: KeyBounds): boolean {
  return typeof lower.key === 'string' && typeof upper.key === 'string';
}

function decode(encoded: string | Uint8Array): RecordKey {
  const key = decodeKey(encoded.toString());
  if (key === undefined) throw new CorruptRecordError(JSON.stringify(encoded.toString()), 'it is no key of a record');
  return key;
}
