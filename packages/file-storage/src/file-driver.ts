import {
  silentLogger,
  StorageIoError,
  StoreClosedError,
  StoreLockedError,
  systemClock,
  systemRandomness,
  type Clock,
  type ComponentLogger,
  type Randomness,
} from '@blockstrata/db-core';
import type {
  DriverOpened,
  DriverOpenOptions,
  DriverSupports,
  DriverWrite,
  MaybePromise,
  RecordKey,
  ScanPage,
  ScanRange,
  StoreDriver,
} from '@blockstrata/db-p2p/storage';
import { resolve, sep } from 'node:path';
import type { FileSystem } from './file-system/file-system.js';
import { nodeFileSystem } from './file-system/node-file-system.js';
import { patientFileSystem } from './file-system/patient-file-system.js';
import { StorePaths } from './layout/store-paths.js';
import { openStore } from './opening/open-store.js';
import { nodeProcessFacts } from './process/node-process-facts.js';
import type { ProcessFacts } from './process/process-facts.js';
import { StoreFiles } from './store-files.js';

/** The world as a {@link FileDriver} sees it; all of it is the machine's own by default. */
export type FileDriverOptions = {
  fileSystem?: FileSystem;
  processFacts?: ProcessFacts;
  clock?: Clock;
  randomness?: Randomness;
  logger?: ComponentLogger;
};

const SUPPORTS: DriverSupports = Object.freeze({
  persistence: true,
  durability: Object.freeze(['strict', 'relaxed'] as const),
  encoding: 'json',
});

/**
 * Records in files that a person can read, behind a write-ahead journal.
 *
 * A write is one record in the journal; strict, it resolves once that is synced. Readers see it from memory until a
 * checkpoint has brought it into the tree of files.
 *
 * @example
 * ```ts
 * import { RawStorage } from '@blockstrata/db-p2p/storage';
 * import { FileDriver } from '@blockstrata/file-storage';
 *
 * const storage = new RawStorage(new FileDriver('/var/lib/my-node'));
 * ```
 */
export class FileDriver implements StoreDriver {
  readonly name: string;
  readonly supports = SUPPORTS;
  readonly #paths: StorePaths;
  readonly #world: Required<FileDriverOptions>;
  #store: StoreFiles | 'opening' | undefined;

  /** @param directory where the store is, or is to be; relative to the working directory as it is now. */
  constructor(directory: string, options: FileDriverOptions = {}) {
    this.name = resolve(directory);
    this.#paths = new StorePaths(this.name.split(sep).join('/'));
    this.#world = {
      fileSystem: options.fileSystem ?? nodeFileSystem,
      processFacts: options.processFacts ?? nodeProcessFacts,
      clock: options.clock ?? systemClock,
      randomness: options.randomness ?? systemRandomness,
      logger: options.logger ?? silentLogger,
    };
  }

  async open(options: DriverOpenOptions): Promise<DriverOpened> {
    if (this.#store !== undefined) throw new StoreLockedError(this.name, 'this very driver');
    this.#store = 'opening';
    try {
      const { clock, logger, processFacts, randomness } = this.#world;
      const fileSystem = patientFileSystem(this.#world.fileSystem, clock);
      const opened = await openStore({ fileSystem, paths: this.#paths, facts: processFacts, randomness }, options);
      const log = logger.forComponent('blockstrata:files');
      this.#store = new StoreFiles({ fileSystem, paths: this.#paths, clock, logger: log }, opened);
      return { losses: opened.losses };
    } catch (error) {
      this.#store = undefined;
      throw error;
    }
  }

  async close(header: Uint8Array | undefined): Promise<void> {
    const store = this.#opened();
    try {
      await store.close(header);
    } finally {
      this.#store = undefined;
    }
  }

  get(key: RecordKey): MaybePromise<Uint8Array | undefined> {
    return rejecting(() => this.#opened().get(key));
  }

  getMany(keys: readonly RecordKey[]): MaybePromise<(Uint8Array | undefined)[]> {
    return rejecting(() => this.#opened().getMany(keys));
  }

  async scan(range: ScanRange): Promise<ScanPage> {
    return this.#opened().scan(range);
  }

  /**
   * Atomic; in the journal, and as durable as the store was opened for, when it resolves.
   *
   * @throws StorageIoError · QuotaExceededError if the journal cannot be written; what it holds is unknown then
   * @throws StorePoisonedError after that, and after a checkpoint has failed
   */
  async write(writes: readonly DriverWrite[]): Promise<void> {
    return this.#opened().write(writes);
  }

  async size(): Promise<number> {
    return this.#opened().size();
  }

  #opened(): StoreFiles {
    if (this.#store === undefined || this.#store === 'opening') throw new StoreClosedError(this.name);
    return this.#store;
  }
}

/** What is answered at once fails as a promise does. */
function rejecting<T>(read: () => MaybePromise<T>): MaybePromise<T> {
  try {
    return read();
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new StorageIoError('read', { cause: error }));
  }
}
