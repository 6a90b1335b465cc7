import { CorruptRecordError, type BlockId } from '@blockstrata/db-core';
import { LRUCache } from 'lru-cache';
import { LISTING_CACHE_BYTES } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure, isAbsent } from '../file-system/io-failure.js';
import { idOfName, isHashedName, nameOfId } from '../layout/name-of-id.js';
import { itemName, RECORD_SUFFIX, type ItemKind, type TreePlaces } from '../layout/tree-places.js';
import type { Layer } from '../overlay/layer.js';
import { compareItems, insertSorted, removeSorted, type Item } from './sorted.js';

const NUMBER_BYTES = 8;
const STRING_BYTES = 24;
const LISTING_BYTES = 64;
const BLOCKS = 'blocks';
const REVISION = /^(?:0|[1-9][0-9]{0,15})$/;

/** The name of a block's directory, or of a record without its suffix; the number of a revision. */
type Listing = readonly Item[];

/**
 * The sorted names in the directories of the tree. What was listed is kept, up to {@link LISTING_CACHE_BYTES}, and
 * kept up to date: listing 100 000 names again for each page of a scan would cost 65 ms a page.
 */
export class Listings {
  readonly #fileSystem: FileSystem;
  readonly #places: TreePlaces;
  readonly #root: string;
  readonly #kept = new LRUCache<string, Item[]>({ maxSize: LISTING_CACHE_BYTES, sizeCalculation: listingBytes });
  #version = 0;

  constructor(fileSystem: FileSystem, places: TreePlaces, root: string) {
    this.#fileSystem = fileSystem;
    this.#places = places;
    this.#root = root;
  }

  /** The names of all blocks' directories. */
  blocks(): Listing | Promise<Listing> {
    return (
      this.#kept.get(BLOCKS) ??
      this.#load(BLOCKS, this.#root, name => isHashedName(name) || idOfName(name) !== undefined)
    );
  }

  /** The names, or the numbers, of the records of one kind of one block. */
  items(kind: ItemKind, blockId: BlockId): Listing | Promise<Listing> {
    const directory = this.#places.items(kind, blockId);
    const kept = this.#kept.get(directory);
    if (kept !== undefined) return kept;
    if (!this.#places.isThere(blockId, kind)) return [];
    return this.#load(directory, directory, nameOfRecord, kind === 'rev');
  }

  /** The id that a name stands for: the name's own, or what its side file says. */
  async idOf(name: string, sideFile: () => string): Promise<string> {
    const id = idOfName(name);
    if (id !== undefined) return id;
    const path = sideFile();
    let text: string;
    try {
      text = Buffer.from(await this.#fileSystem.readFile(path)).toString('utf8');
    } catch (error) {
      if (isAbsent(error))
        throw new CorruptRecordError(path, 'it is missing, and nothing else holds the id', { cause: error });
      throw ioFailure('read', path, error);
    }
    const told = parseId(text);
    if (told === undefined || nameOfId(told) !== name)
      throw new CorruptRecordError(path, 'it does not hold the id of its name');
    return told;
  }

  /** Brings what is kept up to date with a layer that the tree now holds. */
  update(layer: Layer): void {
    this.#version++;
    const changes = new Map<string, { put: Item[]; deleted: Item[] }>();
    const blocks = new Set<string>();
    for (const { key, value } of layer.writes()) {
      if (key.kind === 'log') continue;
      if (value !== undefined) blocks.add(nameOfId(key.blockId));
      if (key.kind === 'meta') continue;
      const directory = this.#places.items(key.kind, key.blockId);
      if (!this.#kept.has(directory)) continue;
      let change = changes.get(directory);
      if (change === undefined) changes.set(directory, (change = { put: [], deleted: [] }));
      (value === undefined ? change.deleted : change.put).push(key.kind === 'rev' ? key.rev : itemName(key));
    }
    this.#change(BLOCKS, [...blocks], []);
    for (const [directory, { put, deleted }] of changes) this.#change(directory, put, deleted);
  }

  #change(listing: string, put: Item[], deleted: Item[]): void {
    const kept = this.#kept.get(listing);
    if (kept === undefined) return;
    // The cache takes the size of an array that it holds already for unchanged.
    this.#kept.delete(listing);
    this.#kept.set(listing, removeSorted(insertSorted(kept, put), deleted));
  }

  async #load(
    listing: string,
    directory: string,
    accept: (name: string) => boolean | string,
    isNumeric = false,
  ): Promise<Listing> {
    const version = this.#version;
    const items: Item[] = [];
    for (const name of await this.#readdir(directory)) {
      const accepted = accept(name);
      if (accepted === false || accepted === '') continue;
      const item = accepted === true ? name : accepted;
      if (!isNumeric) items.push(item);
      else if (REVISION.test(item)) items.push(Number(item));
    }
    items.sort(compareItems);
    // A layer that was applied meanwhile may have been missed, so that this must not be kept.
    if (version === this.#version) this.#kept.set(listing, items);
    return items;
  }

  async #readdir(directory: string): Promise<string[]> {
    try {
      return await this.#fileSystem.readdir(directory);
    } catch (error) {
      if (isAbsent(error)) return [];
      throw ioFailure('list', directory, error);
    }
  }
}

function nameOfRecord(file: string): string {
  const name = file.endsWith(RECORD_SUFFIX) ? file.slice(0, -RECORD_SUFFIX.length) : '';
  return isHashedName(name) || idOfName(name) !== undefined ? name : '';
}

function parseId(text: string): string | undefined {
  try {
    const id: unknown = JSON.parse(text);
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

function listingBytes(items: readonly Item[]): number {
  const first = items[0];
  const itemBytes = typeof first === 'string' ? first.length + STRING_BYTES : NUMBER_BYTES;
  return LISTING_BYTES + items.length * itemBytes;
}
