import type { BlockId, TrxId } from '@blockstrata/db-core';
import { metaKey, trxKey, type RecordKey } from '../driver/record-key.js';
import type { MaybePromise, StoreDriver } from '../driver/store-driver.js';
import type { RecordCodec } from './codec.js';
import { containsBytes, freezeDecoded, withOwnBytes } from './content-walk.js';
import type { ActiveRead, InFlight } from './in-flight.js';
import { isCacheable, type CachedRecord, type RecordCache } from './record-cache.js';

type HeadKey = RecordKey & { kind: 'meta' };

// A cut that writes have overtaken so often lets none begin before it is made.
const CUT_ATTEMPTS_MAX = 3;

/**
 * Reads records through the cache. It answers at once where it can, without a promise; a read that meets a write of its
 * key waits until that write is settled.
 */
export class RecordReader {
  readonly #driver: StoreDriver;
  readonly #codec: RecordCodec;
  readonly #cache: RecordCache;
  readonly #inFlight: InFlight;

  constructor(driver: StoreDriver, codec: RecordCodec, cache: RecordCache, inFlight: InFlight) {
    this.#driver = driver;
    this.#codec = codec;
    this.#cache = cache;
    this.#inFlight = inFlight;
  }

  /** What a transaction has pending on a block. */
  readPending(blockId: BlockId, trxId: TrxId): MaybePromise<object | undefined> {
    const cached = this.#cache.pending(blockId, trxId);
    return cached === undefined ? this.read(trxKey('pend', blockId, trxId)) : handOut(cached);
  }

  /** The copy of a block that a transaction left. */
  readCopy(blockId: BlockId, trxId: TrxId): MaybePromise<object | undefined> {
    const cached = this.#cache.copy(blockId, trxId);
    return cached === undefined ? this.read(trxKey('block', blockId, trxId)) : handOut(cached);
  }

  /** One record that is not cached. */
  read(key: RecordKey): MaybePromise<object | undefined> {
    if (this.#inFlight.isWriting([key.encoded])) return this.#readSettled(key);
    const value = this.#driver.get(key);
    if (!(value instanceof Promise)) return this.#take(key, value, true);
    return this.#inFlight.read([key.encoded], async read => {
      const found = await value;
      // It may show a write that others do not see yet: whoever reads on from it must not meet what was before (INV-2).
      if (read.overtaken) await this.#inFlight.settled();
      return this.#take(key, found, !read.overtaken);
    });
  }

  /** Several records that are not cached, as one consistent cut. */
  readMany(keys: readonly RecordKey[]): Promise<(object | undefined)[]> {
    return this.readValues(keys, (key, value) => this.#take(key, value, false));
  }

  /** What `take` makes of the stored bytes of several records, as one consistent cut. */
  readValues<T>(
    keys: readonly RecordKey[],
    take: (key: RecordKey, value: Uint8Array | undefined, index: number) => T,
  ): Promise<T[]> {
    const encoded = keys.map(key => key.encoded);
    return this.#inFlight.read(encoded, async () => {
      if (this.#inFlight.isWriting(encoded)) await this.#inFlight.settled();
      const values = await this.#driver.getMany(keys);
      return keys.map((key, i) => take(key, values[i], i));
    });
  }

  /** The heads of several blocks as one consistent cut (INV-2). */
  readHeads(blockIds: readonly string[]): MaybePromise<(object | undefined)[]> {
    const records = blockIds.map(blockId => this.#cache.head(blockId)?.record);
    if (!records.includes(undefined)) return records;
    const keys = blockIds.map(metaKey);
    const encoded = keys.map(key => key.encoded);
    if (this.#inFlight.isWriting(encoded)) return this.#readCut(keys, encoded);
    const missing = keys.filter((_, i) => records[i] === undefined);
    const values = this.#driver.getMany(missing);
    if (values instanceof Promise) return this.#readCut(keys, encoded, values);
    return this.#fillIn(keys, records, values);
  }

  /** `first` holds what is missing already, if no write has come between. */
  async #readCut(
    keys: readonly HeadKey[],
    encoded: readonly string[],
    first?: Promise<(Uint8Array | undefined)[]>,
  ): Promise<(object | undefined)[]> {
    let values = first;
    for (let attempt = 1; ; attempt++) {
      const isAlone = attempt > CUT_ATTEMPTS_MAX;
      if (!isAlone && values === undefined && this.#inFlight.isWriting(encoded)) await this.#inFlight.settled();
      const readNow = () => this.#inFlight.read(encoded, read => this.#readMissing(keys, read, values));
      const cut = isAlone ? await this.#inFlight.readAlone(readNow) : await readNow();
      if (cut !== undefined) return cut;
      values = undefined;
    }
  }

  /** The cached records and the missing ones, or `undefined` where a write came between them. */
  async #readMissing(
    keys: readonly HeadKey[],
    read: ActiveRead,
    first: Promise<(Uint8Array | undefined)[]> | undefined,
  ): Promise<(object | undefined)[] | undefined> {
    const records = keys.map(({ blockId }) => this.#cache.head(blockId)?.record);
    const values = await (first ?? this.#driver.getMany(keys.filter((_, i) => records[i] === undefined)));
    return read.overtaken ? undefined : this.#fillIn(keys, records, values);
  }

  /** The cached records with the missing ones between them. */
  #fillIn(
    keys: readonly RecordKey[],
    records: readonly (object | undefined)[],
    values: readonly (Uint8Array | undefined)[],
  ): (object | undefined)[] {
    let next = 0;
    return records.map((record, i) => {
      const key = keys[i];
      return record ?? (key === undefined ? undefined : this.#take(key, values[next++], true));
    });
  }

  async #readSettled(key: RecordKey): Promise<object | undefined> {
    await this.#inFlight.settled();
    if (key.kind === 'pend') return this.readPending(key.blockId, key.trxId);
    return key.kind === 'block' ? this.readCopy(key.blockId, key.trxId) : this.read(key);
  }

  #take(key: RecordKey, value: Uint8Array | undefined, isCurrent: boolean): object | undefined {
    if (value === undefined) return undefined;
    const record = freezeDecoded(this.#codec.unseal(key, value)) as object;
    if (!isCurrent || !isCacheable(key)) return record;
    const cached: CachedRecord = { record, holdsBytes: containsBytes(record) };
    this.#cache.keepRead(key, cached, value.length);
    return handOut(cached);
  }
}

function handOut({ record, holdsBytes }: CachedRecord): object {
  return holdsBytes ? withOwnBytes(record) : record;
}
