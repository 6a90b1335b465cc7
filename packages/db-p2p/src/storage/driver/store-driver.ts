import type { BlockId } from '@blockstrata/db-core';
import type { RecordKey, RecordKind } from './record-key.js';

/** A value, or the promise of one: a backend that has it at hand answers at once. */
export type MaybePromise<T> = T | Promise<T>;

/** What a store promises of a resolved write: on disk (fsync), or in the hands of the operating system. */
export type Durability = 'strict' | 'relaxed';

/** One step of a batch: `value` is stored under `key`; no value: the record is deleted, if it is there. */
export type DriverWrite = { readonly key: RecordKey; readonly value: Uint8Array | undefined };

/** One record that a scan found; `value` is absent where the scan asked for keys only. */
export type DriverRecord = { readonly key: RecordKey; readonly value?: Uint8Array };

/**
 * Which records a scan visits. Numbers are inclusive on both ends. `after` goes on behind a key of an earlier page.
 * Without `blockId` a scan visits the records of that kind of all blocks, those of one block together.
 *
 * `rev` and `log` come in the order of their numbers, `reverse` in descending order; everything else in an order that
 * is the driver's own, but total and stable.
 */
export type ScanRange = {
  readonly kind: RecordKind;
  readonly blockId?: BlockId;
  /** Only for `log`, and for `rev` with a `blockId`. */
  readonly from?: number;
  readonly to?: number;
  readonly reverse?: boolean;
  readonly after?: RecordKey;
  readonly limit: number;
  readonly keysOnly?: boolean;
  /** Leave out what {@link StoreDriver.inspect} tells of, instead of failing on it. */
  readonly intactOnly?: boolean;
};

/** One page of a scan; `done` says that nothing follows. A page may be short, but is empty only when it is the last. */
export type ScanPage = { readonly records: readonly DriverRecord[]; readonly done: boolean };

/** What a backend declares of itself; the conformance suite reads it. */
export type DriverSupports = {
  /** What the store holds outlives the driver. */
  readonly persistence: boolean;
  /** Which durabilities it can give. */
  readonly durability: readonly Durability[];
  /** How the kernel is to seal the values: compact frames, or text that a person can read. */
  readonly encoding: 'cbor' | 'json';
};

/** The header that the kernel wants stored, and the epoch that it carries. */
export type StoreHeaderImage = { readonly bytes: Uint8Array; readonly epoch: number };

/** How a store is to be opened. */
export type DriverOpenOptions = {
  /** `false`: a store that is not there is a StoreMissingError, and nothing is created. */
  readonly create: boolean;
  readonly durability: Durability;
  /** Accept what is provably lost, and report it, instead of refusing to open. */
  readonly salvage: boolean;
  /**
   * Decides on the stored header (`undefined`: a new store). The driver calls it before anything in the store is
   * changed, and again under the lock if it could not have the lock by then. It returns the header to store, durably,
   * before anything is recovered; or throws, and then the driver leaves the store as it is and rejects with that error.
   */
  admit(header: Uint8Array | undefined): StoreHeaderImage;
};

/** What a driver had to give up in order to open a damaged store. */
export type DriverLoss = { readonly record: string; readonly problem: string };

/** What opening did. */
export type DriverOpened = { readonly losses: readonly DriverLoss[] };

/**
 * What a backend is: it moves bytes, and never parses a value. Everything else is written once, in the kernel, which
 * opens a driver once before it uses it, never writes twice at the same time, and closes it only when nothing is under
 * way. A driver can be opened again after it was closed.
 *
 * Every method rejects with a BlockstrataError: CorruptRecordError where the engine finds damage, StorageIoError for
 * whatever else fails; absence is `undefined`.
 * While a driver is not open, every method but `open` and `close` fails with a StoreClosedError.
 */
export interface StoreDriver {
  /** Names the store in errors: a path, a database name. */
  readonly name: string;
  readonly supports: DriverSupports;

  /**
   * Takes the lock, has the header admitted and stored, recovers what a crash left.
   *
   * @throws StoreLockedError · StoreMissingError · StoreFormatError · CorruptRecordError · StorageIoError
   */
  open(options: DriverOpenOptions): Promise<DriverOpened>;

  /** Stores `header` durably where one is given, gives back everything, and lets go of the lock. */
  close(header: Uint8Array | undefined): Promise<void>;

  /** The value under a key. The caller never changes it, and the driver never changes it later. */
  get(key: RecordKey): MaybePromise<Uint8Array | undefined>;

  /** The values under several keys, as one consistent cut: of no batch only a part is seen. */
  getMany(keys: readonly RecordKey[]): MaybePromise<(Uint8Array | undefined)[]>;

  /** One page of records. It holds nothing open between pages. */
  scan(range: ScanRange): Promise<ScanPage>;

  /**
   * Applies all writes or none, in their order, as durable as `open` was asked for when it resolves. Readers see none of
   * it before it is that durable, and all of it from the moment it resolves. A rejection means that the outcome is
   * unknown, unless its StorageIoError says `nothing-written`.
   */
  write(writes: readonly DriverWrite[]): Promise<void>;

  /**
   * Looks through all of the engine's own files, and gives the damage in them: what opening with `salvage` would give
   * up. For engines whose files can be damaged in other ways than record by record.
   */
  inspect?(): Promise<readonly DriverLoss[]>;

  /** Bytes that the store takes up, about. */
  size(): Promise<number>;
}
