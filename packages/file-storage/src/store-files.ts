import type { Clock, Logger } from '@blockstrata/db-core';
import type { DriverWrite, MaybePromise, RecordKey, ScanPage, ScanRange } from '@blockstrata/db-p2p/storage';
import { Checkpointer } from './checkpointer.js';
import type { FileSystem } from './file-system/file-system.js';
import { ioFailure } from './file-system/io-failure.js';
import type { TemporaryFiles } from './file-system/temporary-files.js';
import { isOutOfHandles, whenHandlesAreFree } from './file-system/when-handles-are-free.js';
import type { Journal } from './journal/journal.js';
import type { StorePaths } from './layout/store-paths.js';
import { TreePlaces } from './layout/tree-places.js';
import type { StoreLock } from './lock/store-lock.js';
import { LogReader } from './log/log-reader.js';
import { LogWriter } from './log/log-writer.js';
import { storeHeader, type OpenedStore } from './opening/open-store.js';
import { Overlay } from './overlay/overlay.js';
import { Scanner } from './scan/scanner.js';
import { Listings } from './tree/listings.js';
import { treeBytes } from './tree/tree-bytes.js';
import { TreeReader } from './tree/tree-reader.js';
import { TreeWriter } from './tree/tree-writer.js';

/** What an open store works with. */
export type StoreWorld = {
  readonly fileSystem: FileSystem;
  readonly paths: StorePaths;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** A store between `open` and `close`: the parts of the driver, put together. */
export class StoreFiles {
  readonly #world: StoreWorld;
  readonly #lock: StoreLock;
  readonly #journal: Journal;
  readonly #temporary: TemporaryFiles;
  readonly #overlay: Overlay;
  readonly #tree: TreeReader;
  readonly #log: LogReader;
  readonly #scanner: Scanner;
  readonly #checkpointer: Checkpointer;
  #hasFailed = false;

  constructor(world: StoreWorld, { lock, journal, temporary, recovered }: OpenedStore) {
    const { clock, fileSystem, logger, paths } = world;
    const isRecovering = recovered.size > 0;
    this.#world = world;
    this.#lock = lock;
    this.#journal = journal;
    this.#temporary = temporary;
    const places = new TreePlaces(fileSystem, paths.root);
    const listings = new Listings(fileSystem, places, paths.root);
    const tree = new TreeReader(fileSystem, places);
    this.#tree = tree;
    this.#overlay = new Overlay(key => tree.has(key), isRecovering ? recovered : undefined);
    this.#log = new LogReader(fileSystem, paths.log);
    const get = (key: RecordKey) => this.get(key);
    this.#scanner = new Scanner({ overlay: this.#overlay, listings, places, tree: this.#tree, log: this.#log, get });
    this.#checkpointer = new Checkpointer({
      name: paths.root,
      journal,
      overlay: this.#overlay,
      tree: new TreeWriter({ fileSystem, temporary, places, root: paths.root }),
      listings,
      log: new LogWriter({ fileSystem, temporary, reader: this.#log, directory: paths.log }),
      clock,
      logger,
    });
    if (isRecovering) this.#checkpointer.recover(recovered, journal.seq);
  }

  get(key: RecordKey): MaybePromise<Uint8Array | undefined> {
    const written = this.#overlay.get(key);
    if (written !== undefined) return written.value;
    return key.kind === 'log' ? this.#log.get(key.seq) : this.#tree.get(key);
  }

  /** All in one synchronous step, so that no batch can come between; the log has to be read first. */
  getMany(keys: readonly RecordKey[]): MaybePromise<(Uint8Array | undefined)[]> {
    if (keys.some(key => key.kind === 'log')) return this.#getWithLog(keys);
    try {
      return keys.map(key => this.#getNow(key));
    } catch (error) {
      if (!isOutOfHandles(error)) throw error;
      return this.#getManyLater(keys);
    }
  }

  scan(range: ScanRange): Promise<ScanPage> {
    return this.#scanner.scan(range);
  }

  async write(writes: readonly DriverWrite[]): Promise<void> {
    if (writes.length === 0) return;
    await this.#checkpointer.room();
    try {
      await this.#journal.append(writes, () => this.#overlay.put(writes));
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    this.#checkpointer.wrote();
  }

  size(): Promise<number> {
    return treeBytes(this.#world.fileSystem, this.#world.paths.root);
  }

  /** Leaves an empty journal behind, then the header; after a write has failed, all is left as it is. */
  async close(header: Uint8Array | undefined): Promise<void> {
    try {
      this.#checkpointer.stop();
      if (header === undefined || this.#hasFailed) {
        await this.#checkpointer.settled();
      } else {
        await this.#checkpointer.finish();
        await this.#journal.finish();
        await storeHeader(this.#world, this.#temporary, header);
      }
    } catch (error) {
      throw ioFailure('close', this.#world.paths.root, error);
    } finally {
      await this.#letGo();
    }
  }

  async #letGo(): Promise<void> {
    try {
      await this.#checkpointer.settled();
      await this.#journal.abandon();
    } finally {
      await this.#lock.release();
    }
  }

  async #getWithLog(keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
    const values = [];
    for (const key of keys) values.push(await this.get(key));
    return values;
  }

  #getNow(key: RecordKey): Uint8Array | undefined {
    const written = this.#overlay.get(key);
    if (written !== undefined) return written.value;
    return key.kind === 'log' ? undefined : this.#tree.getNow(key);
  }

  async #getManyLater(keys: readonly RecordKey[]): Promise<(Uint8Array | undefined)[]> {
    try {
      return await whenHandlesAreFree(this.#world.clock, async () => keys.map(key => this.#getNow(key)));
    } catch (error) {
      throw ioFailure('read', this.#world.paths.root, error);
    }
  }
}
