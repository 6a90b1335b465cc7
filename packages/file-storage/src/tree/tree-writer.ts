import type { BlockId } from '@blockstrata/db-core';
import type { DriverWrite } from '@blockstrata/db-p2p/storage';
import { APPLY_PARALLELISM } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { errorCode, ioFailure } from '../file-system/io-failure.js';
import type { TemporaryFiles } from '../file-system/temporary-files.js';
import { isHashedName } from '../layout/name-of-id.js';
import { ID_NAME, isDirectory, RECORD_SUFFIX, type TreeKey, type TreePlaces } from '../layout/tree-places.js';
import { inParallel } from './in-parallel.js';

/** What the tree is written with. */
export type TreeSite = {
  readonly fileSystem: FileSystem;
  readonly temporary: TemporaryFiles;
  readonly places: TreePlaces;
  readonly root: string;
};

type TreeWrite = DriverWrite & { readonly key: TreeKey };

const NEWLINE = Buffer.from('\n');

/**
 * Brings writes into the tree, each file whole and synced. Repeating it does no harm, and the order does not matter:
 * the journal holds all of it until the directories are synced too, which {@link sync} does.
 */
export class TreeWriter {
  readonly #site: TreeSite;
  readonly #changed = new Set<string>();

  constructor(site: TreeSite) {
    this.#site = site;
  }

  /**
   * Applies the writes of the tree among `writes`, which name each record once.
   *
   * @param recovering a killed process may have made some of these changes, and synced none of them.
   */
  async apply(writes: Iterable<DriverWrite>, recovering: boolean): Promise<void> {
    await inParallel(byBlock(writes), APPLY_PARALLELISM, async block => {
      const absent = new Set<string>();
      for (const write of block) await this.#apply(write, recovering, absent);
    });
  }

  /** Syncs the directories in which names have changed. */
  async sync(): Promise<void> {
    const { fileSystem } = this.#site;
    await inParallel(this.#changed, APPLY_PARALLELISM, async directory => {
      try {
        await fileSystem.syncDirectory(directory);
      } catch (error) {
        throw ioFailure('sync', directory, error);
      }
    });
    this.#changed.clear();
  }

  /** @param absent kinds of which the block had no directory before this checkpoint, as far as was looked. */
  async #apply({ key, value }: TreeWrite, recovering: boolean, absent: Set<string>): Promise<void> {
    if (value === undefined && absent.has(key.kind)) return;
    const path = this.#site.places.file(key);
    try {
      if (value !== undefined) await this.#put(key, path, value);
      else if (this.#site.places.isThere(key.blockId, key.kind)) await this.#delete(key, path, recovering);
      else absent.add(key.kind);
    } catch (error) {
      throw ioFailure('write', path, error);
    }
  }

  async #put(key: TreeKey, path: string, value: Uint8Array): Promise<void> {
    for (const directory of this.#site.places.settle(key)) await this.#settle(directory, key);
    const idFile = this.#idFile(key, path);
    if (idFile !== undefined) await this.#place(idFile.path, idText(idFile.id));
    await this.#place(path, Buffer.concat([value, NEWLINE]));
  }

  async #delete(key: TreeKey, path: string, recovering: boolean): Promise<void> {
    const { fileSystem } = this.#site;
    const idFile = this.#idFile(key, path);
    for (const file of idFile === undefined ? [path] : [path, idFile.path]) {
      const isThere = fileSystem.statusSync(file) !== undefined;
      if (isThere) await fileSystem.unlink(file);
      if (isThere || recovering) this.#changed.add(directoryOf(file));
    }
  }

  /** Sees to it that a directory is there, and that the next {@link sync} makes its name durable. */
  async #settle(directory: string, key: TreeKey): Promise<void> {
    const { fileSystem, places, root } = this.#site;
    const parent = directoryOf(directory);
    await fileSystem.mkdir(directory).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST' || !isDirectory(fileSystem, directory)) throw error;
    });
    places.made(key.blockId, directory);
    this.#changed.add(parent);
    const name = directory.slice(parent.length + 1);
    if (parent === root && isHashedName(name)) await this.#place(`${directory}/${ID_NAME}`, idText(key.blockId));
  }

  #idFile(key: TreeKey, file: string): { path: string; id: string } | undefined {
    if (key.kind === 'meta' || key.kind === 'rev') return undefined;
    const name = file.slice(file.lastIndexOf('/') + 1, -RECORD_SUFFIX.length);
    if (!isHashedName(name)) return undefined;
    return { path: this.#site.places.idFileOfItem(key.kind, key.blockId, name), id: key.trxId };
  }

  async #place(path: string, bytes: Uint8Array): Promise<void> {
    await this.#site.temporary.place(path, bytes);
    this.#changed.add(directoryOf(path));
  }
}

/** The content of a side file: an id as JSON. */
export function idText(id: string): Uint8Array {
  return Buffer.from(`${JSON.stringify(id)}\n`);
}

/** The writes of each block together, so that nobody else makes its directories at the same time. */
function byBlock(writes: Iterable<DriverWrite>): IterableIterator<TreeWrite[]> {
  const blocks = new Map<BlockId, TreeWrite[]>();
  for (const { key, value } of writes) {
    if (key.kind === 'log') continue;
    const block = blocks.get(key.blockId);
    if (block === undefined) blocks.set(key.blockId, [{ key, value }]);
    else block.push({ key, value });
  }
  return blocks.values();
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
