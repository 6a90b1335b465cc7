import type { MaybePromise } from '@blockstrata/db-p2p/storage';
import { SYNC_READ_BYTES_MAX } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure, isAbsent } from '../file-system/io-failure.js';
import { isOutOfHandles } from '../file-system/when-handles-are-free.js';
import type { TreeKey, TreePlaces } from '../layout/tree-places.js';

const NEWLINE = 0x0a;

/** Reads records from their files. */
export class TreeReader {
  readonly #fileSystem: FileSystem;
  readonly #places: TreePlaces;

  constructor(fileSystem: FileSystem, places: TreePlaces) {
    this.#fileSystem = fileSystem;
    this.#places = places;
  }

  /** A value: at once if it is small, which is an order of magnitude cheaper than a round trip through the thread pool. */
  get(key: TreeKey): MaybePromise<Uint8Array | undefined> {
    if (!this.#places.isThere(key.blockId, key.kind)) return undefined;
    const path = this.#places.file(key);
    try {
      const bytes = this.#fileSystem.readFileSync(path, SYNC_READ_BYTES_MAX);
      return bytes === undefined ? this.#getLater(path) : withoutNewline(bytes);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      if (isOutOfHandles(error)) return this.#getLater(path);
      throw ioFailure('read', path, error);
    }
  }

  /** A value of any size at once, for a cut through several. Throws as it is what says that no file handle is free. */
  getNow(key: TreeKey): Uint8Array | undefined {
    if (!this.#places.isThere(key.blockId, key.kind)) return undefined;
    const path = this.#places.file(key);
    try {
      const bytes = this.#fileSystem.readFileSync(path, Number.POSITIVE_INFINITY);
      return bytes && withoutNewline(bytes);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw isOutOfHandles(error) ? error : ioFailure('read', path, error);
    }
  }

  /** Whether a record has a file. */
  has(key: TreeKey): boolean {
    if (!this.#places.isThere(key.blockId, key.kind)) return false;
    const path = this.#places.file(key);
    try {
      return this.#fileSystem.statusSync(path) !== undefined;
    } catch (error) {
      throw ioFailure('look at', path, error);
    }
  }

  async #getLater(path: string): Promise<Uint8Array | undefined> {
    try {
      return withoutNewline(await this.#fileSystem.readFile(path));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw ioFailure('read', path, error);
    }
  }
}

function withoutNewline(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}
