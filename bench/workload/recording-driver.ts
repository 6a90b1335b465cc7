import {
  MemoryDriver,
  type DriverSupports,
  type DriverWrite,
  type ScanRange,
  type StoreDriver,
} from '@blockstrata/db-p2p/storage';
import type { DriverOpenOptions, RecordKey } from '@blockstrata/db-p2p/storage';

/** A driver in memory that keeps every batch it was given, so that others can write the very same records. */
export class RecordingDriver implements StoreDriver {
  readonly name = 'recording';
  readonly supports: DriverSupports;
  readonly #driver = new MemoryDriver();
  #batches: DriverWrite[][] = [];

  constructor(encoding: DriverSupports['encoding']) {
    this.supports = { ...this.#driver.supports, encoding };
  }

  /** The batches since the last call. */
  takeBatches(): readonly (readonly DriverWrite[])[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  open(options: DriverOpenOptions) {
    return this.#driver.open(options);
  }

  close(header: Uint8Array | undefined) {
    return this.#driver.close(header);
  }

  get(key: RecordKey) {
    return this.#driver.get(key);
  }

  getMany(keys: readonly RecordKey[]) {
    return this.#driver.getMany(keys);
  }

  scan(range: ScanRange) {
    return this.#driver.scan(range);
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    this.#batches.push([...writes]);
    await this.#driver.write(writes);
  }

  size() {
    return this.#driver.size();
  }
}
