import { metaKey, type RecordKey, type ScanPage, type ScanRange } from '@blockstrata/db-p2p/storage';
import type { BlockId } from '@blockstrata/db-core';
import { SCAN_PAGE_BYTES } from '../bounds.js';
import type { ItemKind } from '../layout/tree-places.js';
import { BlockNames } from './block-names.js';
import { itemKeys } from './item-keys.js';
import type { KeyPage, RecordSource } from './record-source.js';
import { scanLog } from './scan-log.js';

/** A scan of anything but the log. */
type TreeRange = ScanRange & { readonly kind: ItemKind | 'meta' };

/** Scans the tree and what is not in it yet, page by page; nothing is held open between pages. */
export class Scanner {
  readonly #source: RecordSource;
  readonly #blocks: BlockNames;

  constructor(source: RecordSource) {
    this.#source = source;
    this.#blocks = new BlockNames(source);
  }

  async scan(range: ScanRange): Promise<ScanPage> {
    const { kind } = range;
    return kind === 'log' ? scanLog(this.#source, range) : this.#scanTree({ ...range, kind });
  }

  async #scanTree(range: TreeRange): Promise<ScanPage> {
    let { after } = range;
    for (;;) {
      const page = await this.#keys(range, after);
      if (range.keysOnly === true) return { records: page.keys.map(key => ({ key })), done: page.done };
      const read = await this.#values(page);
      if (read.records.length > 0 || read.done) return read;
      // All of the page was deleted while it was read.
      after = page.keys.at(-1);
    }
  }

  async #values({ keys, done }: KeyPage): Promise<ScanPage> {
    const records = [];
    let bytes = 0;
    for (const key of keys) {
      if (bytes >= SCAN_PAGE_BYTES) return { records, done: false };
      const value = await this.#source.get(key);
      if (value === undefined) continue;
      records.push({ key, value });
      bytes += value.length;
    }
    return { records, done };
  }

  async #keys(range: TreeRange, after: RecordKey | undefined): Promise<KeyPage> {
    const { kind, blockId } = range;
    if (kind === 'meta') return this.#metaKeys(range, after);
    return blockId === undefined
      ? this.#itemKeysOfAll(kind, range, after)
      : itemKeys(this.#source, kind, blockId, range, after);
  }

  async #metaKeys(range: ScanRange, after: RecordKey | undefined): Promise<KeyPage> {
    const { blockId } = range;
    if (blockId !== undefined) {
      const isNext = after === undefined && this.#hasHead(blockId);
      return { keys: isNext ? [metaKey(blockId)] : [], done: true };
    }
    const keys: RecordKey[] = [];
    for await (const id of this.#blocks.ids('meta', after, range.reverse === true)) {
      if (isOf(after, id) || !this.#hasHead(id)) continue;
      if (keys.length === range.limit) return { keys, done: false };
      keys.push(metaKey(id));
    }
    return { keys, done: true };
  }

  async #itemKeysOfAll(kind: ItemKind, range: ScanRange, after: RecordKey | undefined): Promise<KeyPage> {
    const keys: RecordKey[] = [];
    for await (const id of this.#blocks.ids(kind, after, range.reverse === true)) {
      const rest = { ...range, limit: range.limit - keys.length };
      if (rest.limit === 0) return { keys, done: false };
      const page = await itemKeys(this.#source, kind, id, rest, isOf(after, id) ? after : undefined);
      keys.push(...page.keys);
      if (!page.done) return { keys, done: false };
    }
    return { keys, done: true };
  }

  #hasHead(blockId: BlockId): boolean {
    const key = metaKey(blockId);
    const written = this.#source.overlay.get(key);
    return written === undefined ? this.#source.tree.has(key) : written.value !== undefined;
  }
}

function isOf(after: RecordKey | undefined, blockId: BlockId): boolean {
  return after !== undefined && after.kind !== 'log' && after.blockId === blockId;
}
