import { StorageIoError } from '@blockstrata/db-core';
import type { ConformanceFaults } from '../../src/conformance/index.js';
import {
  MemoryDriver,
  RawStorage,
  type DriverOpenOptions,
  type DriverWrite,
  type RawStorageOptions,
  type RecordKey,
  type ScanRange,
  type StoreDriver,
} from '../../src/storage/index.js';

/** A driver in memory whose engine can be made to fail. */
export class FaultyDriver implements StoreDriver {
  readonly #memory = new MemoryDriver();
  readsFail = false;
  nextWriteFails = false;

  get name() {
    return this.#memory.name;
  }

  get supports() {
    return this.#memory.supports;
  }

  open(options: DriverOpenOptions) {
    this.readsFail = false;
    return this.#memory.open(options);
  }

  close(header: Uint8Array | undefined) {
    return this.#memory.close(header);
  }

  get(key: RecordKey) {
    this.#mayFail();
    return this.#memory.get(key);
  }

  getMany(keys: readonly RecordKey[]) {
    this.#mayFail();
    return this.#memory.getMany(keys);
  }

  async scan(range: ScanRange) {
    this.#mayFail();
    return this.#memory.scan(range);
  }

  /** Memory undoes by itself what an engine's journal would: a write that fails leaves nothing. */
  async write(writes: readonly DriverWrite[]) {
    if (this.nextWriteFails) {
      this.nextWriteFails = false;
      await this.failMidway(writes);
      throw new StorageIoError('write', { cause: new TypeError('the disk is full') });
    }
    return this.#memory.write(writes);
  }

  size() {
    return this.#memory.size();
  }

  /** What a failing write leaves behind; a driver that is not atomic leaves a part. */
  protected async failMidway(_writes: readonly DriverWrite[]): Promise<void> {}

  protected writeThrough(writes: readonly DriverWrite[]): Promise<void> {
    return this.#memory.write(writes);
  }

  async damage(key: RecordKey): Promise<void> {
    const value = this.#memory.get(key);
    if (value === undefined) throw new TypeError('there is nothing to damage');
    const damaged = value.slice();
    damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 4;
    await this.#memory.write([{ key, value: damaged }]);
  }

  #mayFail(): void {
    if (this.readsFail) throw new StorageIoError('read', { cause: new TypeError('the disk is gone') });
  }
}

/** A store over a faulty driver, or over a wrapper around one. */
export class FaultyStorage extends RawStorage {
  constructor(
    readonly faulty: FaultyDriver,
    readonly options: RawStorageOptions,
    readonly outer: StoreDriver = faulty,
  ) {
    super(outer, options);
  }
}

/** How the suite makes such a store fail. */
export const memoryFaults: ConformanceFaults<FaultyStorage> = {
  async damage(storage, key) {
    await storage.close();
    const reopened = new FaultyStorage(storage.faulty, storage.options, storage.outer);
    await reopened.open();
    await storage.faulty.damage(key);
    return reopened;
  },
  failReads(storage) {
    storage.faulty.readsFail = true;
  },
  failNextWrite(storage) {
    storage.faulty.nextWriteFails = true;
  },
};
