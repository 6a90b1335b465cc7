import {
  MemoryDriver,
  type DriverOpenOptions,
  type DriverWrite,
  type RecordKey,
  type ScanRange,
  type StoreDriver,
} from '../../../src/storage/index.js';

/** Holds up whoever passes while it is shut. */
export class Gate {
  #open: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #isReached: Promise<void> = Promise.resolve();
  #reach: () => void = () => undefined;

  shut(): void {
    this.#open = new Promise(resolve => (this.#release = resolve));
    this.#isReached = new Promise(resolve => (this.#reach = resolve));
  }

  release(): void {
    this.#release();
  }

  async pass(): Promise<void> {
    this.#reach();
    await this.#open;
  }

  /** Resolves once somebody has come to it since it was shut. */
  async reached(): Promise<void> {
    await this.#isReached;
  }
}

/** A store in memory whose answers take their time, as those of a disk do, and as long as a test wants. */
export class SlowDriver implements StoreDriver {
  readonly memory = new MemoryDriver();
  readonly name = 'slow';
  readonly supports = this.memory.supports;
  /** Behind what a read found, and before what a write does. */
  readonly reads = new Gate();
  readonly writes = new Gate();
  readCount = 0;

  open(options: DriverOpenOptions) {
    return this.memory.open(options);
  }

  close(header: Uint8Array | undefined) {
    return this.memory.close(header);
  }

  async get(key: RecordKey): Promise<Uint8Array | undefined> {
    return (await this.getMany([key]))[0];
  }

  async getMany(keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
    this.readCount++;
    const values = this.memory.getMany(keys);
    await this.reads.pass();
    return values;
  }

  scan(range: ScanRange) {
    return this.memory.scan(range);
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    await this.writes.pass();
    await this.memory.write(writes);
  }

  size() {
    return this.memory.size();
  }
}
