import type { BlockId } from '@blockstrata/db-core';
import type { DriverWrite } from '@blockstrata/db-p2p/storage';
import { APPLY_PARALLELISM } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure } from '../file-system/io-failure.js';
import type { TemporaryFiles } from '../file-system/temporary-files.js';
import { isHashedName } from '../layout/name-of-id.js';
import { ID_NAME, isDirectory, itemName, type TreeKey, type TreePlaces } from '../layout/tree-places.js';
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
      for (const write of block) await this.#apply(write, recovering);
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

  async #apply({ key, value }: TreeWrite, recovering: boolean): Promise<void> {
    const path = this.#site.places.file(key);
    try {
      if (value === undefined) await this.#delete(key, recovering);
      else await this.#put(key, value);
    } catch (error) {
      throw ioFailure('write', path, error);
    }
  }

  async #put(key: TreeKey, value: Uint8Array): Promise<void> {
    for (const directory of this.#site.places.settle(key)) await this.#settle(directory, key);
    const idFile = this.#idFile(key);
    if (idFile !== undefined) await this.#place(idFile.path, idText(idFile.id));
    await this.#place(this.#site.places.file(key), Buffer.concat([value, NEWLINE]));
  }

  async #delete(key: TreeKey, recovering: boolean): Promise<void> {
    const { fileSystem, places } = this.#site;
    if (!places.isThere(key.blockId, key.kind)) return;
    const idFile = this.#idFile(key);
    for (const path of idFile === undefined ? [places.file(key)] : [places.file(key), idFile.path]) {
      const isThere = fileSystem.statusSync(path) !== undefined;
      if (isThere) await fileSystem.unlink(path);
      if (isThere || recovering) this.#changed.add(directoryOf(path));
    }
  }

  /** Sees to it that a directory is there, and that the next {@link sync} makes its name durable. */
  async #settle(directory: string, key: TreeKey): Promise<void> {
    const { fileSystem, root } = this.#site;
    const parent = directoryOf(directory);
    if (!isDirectory(fileSystem, directory)) await fileSystem.mkdir(directory);
    this.#changed.add(parent);
    const name = directory.slice(parent.length + 1);
    if (parent === root && isHashedName(name)) await this.#place(`${directory}/${ID_NAME}`, idText(key.blockId));
  }

  #idFile(key: TreeKey): { path: string; id: string } | undefined {
    if (key.kind === 'meta' || key.kind === 'rev') return undefined;
    const name = itemName(key);
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
