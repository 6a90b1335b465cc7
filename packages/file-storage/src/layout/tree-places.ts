import { CorruptRecordError, type BlockId } from '@blockstrata/db-core';
import type { RecordKey } from '@blockstrata/db-p2p/storage';
import { LRUCache } from 'lru-cache';
import { KNOWN_DIRECTORIES_MAX } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure } from '../file-system/io-failure.js';
import { nameOfId } from './name-of-id.js';

/** The records that live in the tree; the commit log has files of its own. */
export type TreeKey = Exclude<RecordKey, { kind: 'log' }>;

/** The records that have a directory for their kind below that of their block. */
export type ItemKind = 'rev' | 'pend' | 'trx' | 'block';

/** What the files of records end with. */
export const RECORD_SUFFIX = '.json';
const ID_SUFFIX = '.id';
const HEAD_NAME = 'meta.json';
/** The side file of a block's directory that is named by a hash. */
export const ID_NAME = 'id';

const SUBDIRECTORIES: Readonly<Record<ItemKind, string>> = { rev: 'revs', pend: 'pend', trx: 'trx', block: 'blocks' };

/**
 * The directory of one block; which directories are known to be there, and to be no links, or not to be there; and
 * whose names a writer of this session has made durable.
 */
type BlockPlace = { readonly path: string; readonly known: Map<string, boolean>; readonly settled: Set<string> };

/** Where records are in the tree. Directories that are links are refused. */
export class TreePlaces {
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #places = new LRUCache<BlockId, BlockPlace>({
    // With `max` the cache would allocate all of its room at once.
    maxSize: KNOWN_DIRECTORIES_MAX,
    sizeCalculation: () => 1,
  });

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
  }

  /** The directories above a record, outermost first. */
  directories(key: TreeKey): string[] {
    const { path } = this.#place(key.blockId);
    return key.kind === 'meta' ? [path] : [path, `${path}/${SUBDIRECTORIES[key.kind]}`];
  }

  /** The directory that holds the records of one kind of one block. */
  items(kind: ItemKind, blockId: BlockId): string {
    return `${this.#place(blockId).path}/${SUBDIRECTORIES[kind]}`;
  }

  /** The file of a record. */
  file(key: TreeKey): string {
    const { path } = this.#place(key.blockId);
    return key.kind === 'meta'
      ? `${path}/${HEAD_NAME}`
      : `${path}/${SUBDIRECTORIES[key.kind]}/${itemName(key)}${RECORD_SUFFIX}`;
  }

  /** The side file with the block id of a directory that is named by a hash. */
  idFileOfBlock(name: string): string {
    return `${this.#root}/${name}/${ID_NAME}`;
  }

  /** The side file with the transaction id of a record that is named by a hash. */
  idFileOfItem(kind: ItemKind, blockId: BlockId, name: string): string {
    return `${this.items(kind, blockId)}/${name}${ID_SUFFIX}`;
  }

  /**
   * Whether the directory of a kind of records of a block is there, that of the block included. Looked at once: only
   * the writer of this session makes directories, and says so by {@link made}.
   *
   * @throws CorruptRecordError if something else stands there, such as a symbolic link.
   */
  isThere(blockId: BlockId, kind: TreeKey['kind']): boolean {
    const place = this.#place(blockId);
    if (!this.#isKnown(place, place.path)) return false;
    return kind === 'meta' || this.#isKnown(place, `${place.path}/${SUBDIRECTORIES[kind]}`);
  }

  /**
   * The directories above a record that this has not named before. Their names may never have been synced: a process
   * that was killed may have made them.
   */
  settle(key: TreeKey): string[] {
    const { settled } = this.#place(key.blockId);
    const fresh = this.directories(key).filter(directory => !settled.has(directory));
    for (const directory of fresh) settled.add(directory);
    return fresh;
  }

  /** Says that a directory above the records of a block is there from now on; before any file is in it. */
  made(blockId: BlockId, directory: string): void {
    this.#place(blockId).known.set(directory, true);
  }

  #isKnown({ known }: BlockPlace, path: string): boolean {
    let isThere = known.get(path);
    if (isThere === undefined) known.set(path, (isThere = isDirectory(this.#fileSystem, path)));
    return isThere;
  }

  #place(blockId: BlockId): BlockPlace {
    let place = this.#places.get(blockId);
    if (place === undefined) {
      place = { path: `${this.#root}/${nameOfId(blockId)}`, known: new Map(), settled: new Set() };
      this.#places.set(blockId, place);
    }
    return place;
  }
}

/** The name of a record among those of its kind and block, without its suffix. */
export function itemName(key: Exclude<TreeKey, { kind: 'meta' }>): string {
  return key.kind === 'rev' ? String(key.rev) : nameOfId(key.trxId);
}

/**
 * Whether a directory is at `path`; `false`: nothing is.
 *
 * @throws CorruptRecordError if something else is there.
 */
export function isDirectory(fileSystem: FileSystem, path: string): boolean {
  try {
    const kind = fileSystem.statusSync(path)?.kind;
    if (kind === undefined || kind === 'directory') return kind !== undefined;
  } catch (error) {
    throw ioFailure('look at', path, error);
  }
  throw new CorruptRecordError(path, 'a file or a symbolic link stands where a directory belongs');
}
