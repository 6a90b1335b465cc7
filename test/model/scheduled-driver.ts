import type fc from 'fast-check';
import {
  MemoryDriver,
  type DriverOpenOptions,
  type DriverWrite,
  type RecordKey,
  type ScanRange,
  type StoreDriver,
} from '@blockstrata/db-p2p/storage';

/** A driver in memory, each step of which happens when the scheduler says so. */
export class ScheduledDriver implements StoreDriver {
  readonly #memory = new MemoryDriver();
  readonly #scheduler: fc.Scheduler;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  get name() {
    return this.#memory.name;
  }

  get supports() {
    return this.#memory.supports;
  }

  open(options: DriverOpenOptions) {
    return this.#memory.open(options);
  }

  close(header: Uint8Array | undefined) {
    return this.#memory.close(header);
  }

  async get(key: RecordKey) {
    await this.#step(`get ${key.kind}`);
    const value = this.#memory.get(key);
    await this.#step(`got ${key.kind}`);
    return value;
  }

  async getMany(keys: readonly RecordKey[]) {
    await this.#step('getMany');
    const values = this.#memory.getMany(keys);
    await this.#step('got many');
    return values;
  }

  async scan(range: ScanRange) {
    await this.#step(`scan ${range.kind}`);
    const page = await this.#memory.scan(range);
    await this.#step(`scanned ${range.kind}`);
    return page;
  }

  /** Readers see it from a moment of its own on: before it resolves, or just then. */
  async write(writes: readonly DriverWrite[]) {
    await this.#step('write');
    await this.#memory.write(writes);
    await this.#step('written');
  }

  size() {
    return this.#memory.size();
  }

  async #step(label: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), label);
  }
}
