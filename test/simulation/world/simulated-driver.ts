import { QuotaExceededError, StorageIoError } from '@blockstrata/db-core';
import {
  MemoryDriver,
  type DriverOpened,
  type DriverOpenOptions,
  type DriverWrite,
  type MaybePromise,
  type RecordKey,
  type ScanPage,
  type ScanRange,
  type StoreDriver,
} from '@blockstrata/db-p2p/storage';
import { errorCode } from './error-code.js';
import type { SimulatedMedium } from './simulated-medium.js';

/** What a driver may be made to wait for, and to fail at. */
export type DriverWorld = {
  readonly medium: SimulatedMedium;
  step(label: string): Promise<void>;
  /** How many turns more a write takes. */
  slowness(): number;
  /** Throws where a call is to fail. */
  fails(call: 'open' | 'read' | 'write' | 'sync', bytes: number): void;
  /** Reads answer at once, as they do where a backend has everything at hand. */
  readonly answersAtOnce: boolean;
};

/** A driver in memory over a medium that fails, is slow, and forgets: what any backend may do. */
export class SimulatedDriver implements StoreDriver {
  readonly #memory = new MemoryDriver('simulated');
  readonly #world: DriverWorld;
  #isStrict = true;
  #isOpen = false;

  constructor(world: DriverWorld) {
    this.#world = world;
  }

  get name() {
    return this.#memory.name;
  }

  get supports() {
    return this.#memory.supports;
  }

  async open(options: DriverOpenOptions): Promise<DriverOpened> {
    const { medium } = this.#world;
    this.#isStrict = options.durability === 'strict';
    await this.#do('open', 'open', 0);
    const opened = await this.#memory.open({
      ...options,
      admit: () => {
        const admitted = options.admit(medium.header);
        medium.header = admitted.bytes;
        return admitted;
      },
    });
    await this.#memory.write(medium.records);
    this.#isOpen = true;
    await this.#world.step('opened');
    return opened;
  }

  async close(header: Uint8Array | undefined): Promise<void> {
    try {
      await this.#do('close', 'sync', 0);
      this.#world.medium.sync();
      if (header !== undefined) this.#world.medium.header = header;
    } finally {
      this.#isOpen = false;
      await this.#memory.close(undefined);
    }
  }

  get(key: RecordKey): MaybePromise<Uint8Array | undefined> {
    return this.#read(`get ${key.encoded}`, () => this.#memory.get(key));
  }

  getMany(keys: readonly RecordKey[]): MaybePromise<(Uint8Array | undefined)[]> {
    return this.#read(`get ${keys.map(key => key.encoded).join()}`, () => this.#memory.getMany(keys));
  }

  async scan(range: ScanRange): Promise<ScanPage> {
    await this.#do(`scan ${range.kind}`, 'read', 0);
    const page = await this.#memory.scan(range);
    await this.#world.step(`scanned ${range.kind}`);
    return page;
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    const world = this.#world;
    const { medium } = world;
    const bytes = writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    for (let turns = world.slowness(); turns > 0; turns--) await world.step('a slow write');
    try {
      await this.#do(`write ${writes.map(({ key }) => key.encoded).join()}`, 'write', bytes);
      if (this.#isStrict) this.#world.fails('sync', 0);
    } catch (error) {
      medium.take(writes, 'unknown');
      throw asStorageError('write a batch', error);
    }
    medium.take(writes, this.#isStrict ? 'durable' : 'volatile');
    await this.#memory.write(writes);
    await world.step('written');
  }

  size() {
    return this.#memory.size();
  }

  /** Damages what lies on the medium, under the eyes of who has it open. */
  async damage(write: DriverWrite): Promise<void> {
    this.#world.medium.replace(write);
    if (this.#isOpen) await this.#memory.write([write]);
  }

  #read<T>(label: string, read: () => T): MaybePromise<T> {
    if (this.#world.answersAtOnce) return read();
    return this.#do(label, 'read', 0).then(async () => {
      const value = read();
      await this.#world.step(`${label}: done`);
      return value;
    });
  }

  async #do(label: string, call: 'open' | 'read' | 'write' | 'sync', bytes: number): Promise<void> {
    await this.#world.step(label);
    try {
      this.#world.fails(call, bytes);
    } catch (error) {
      throw asStorageError(label, error);
    }
  }
}

function asStorageError(operation: string, cause: unknown): StorageIoError {
  if (cause instanceof StorageIoError) return cause;
  if (errorCode(cause) === 'ENOSPC') return new QuotaExceededError(operation, undefined, undefined, { cause });
  return new StorageIoError(operation, { cause });
}
