import type { BlockId } from '@blockstrata/db-core';
import type { RecordKey } from '@blockstrata/db-p2p/storage';
import { nameOfId } from '../layout/name-of-id.js';
import type { ItemKind } from '../layout/tree-places.js';
import { compareItems, mergeItems, type Item } from '../tree/sorted.js';
import { listedNow, type RecordSource } from './record-source.js';

const NONE: ReadonlySet<Item> = new Set();

/** The names of the blocks that the overlay tells of, sorted, and their ids. */
type WrittenBlocks = {
  readonly version: string;
  readonly ids: ReadonlyMap<Item, BlockId>;
  readonly names: readonly Item[];
};

/** Walks through all blocks, in the order of their names. */
export class BlockNames {
  readonly #source: RecordSource;
  #heads: WrittenBlocks | undefined;

  constructor(source: RecordSource) {
    this.#source = source;
  }

  /** The ids of all blocks that may have records of a kind, from that of `after` on, itself included. */
  async *ids(kind: ItemKind | 'meta', after: RecordKey | undefined, reverse: boolean): AsyncGenerator<BlockId> {
    const { listings, overlay, places } = this.#source;
    const start = after === undefined || after.kind === 'log' ? undefined : nameOfId(after.blockId);
    for (;;) {
      const found = await listedNow(overlay, () => listings.blocks());
      if (found === undefined) continue;
      const written = kind === 'meta' ? this.#writtenHeads() : this.#writtenItems(kind);
      // A copy: what is listed is kept up to date between the steps of this generator.
      const listed = [...found.listed];
      for (const name of mergeItems(listed, { added: written.names, deleted: NONE }, start, reverse)) {
        yield written.ids.get(name) ?? (await listings.idOf(String(name), () => places.idFileOfBlock(String(name))));
      }
      return;
    }
  }

  /** Sorting them again for each page of a scan would cost more than the page. */
  #writtenHeads(): WrittenBlocks {
    const { overlay } = this.#source;
    const version = overlay.headsVersion();
    if (this.#heads?.version !== version) this.#heads = writtenBlocks(version, overlay.heads());
    return this.#heads;
  }

  #writtenItems(kind: ItemKind): WrittenBlocks {
    return writtenBlocks('', this.#source.overlay.ofKind(kind));
  }
}

function writtenBlocks(version: string, writes: Iterable<{ readonly key: RecordKey }>): WrittenBlocks {
  const blockIds = new Set<BlockId>();
  for (const { key } of writes) if (key.kind !== 'log') blockIds.add(key.blockId);
  const ids = new Map<Item, BlockId>([...blockIds].map(id => [nameOfId(id), id]));
  return { version, ids, names: [...ids.keys()].sort(compareItems) };
}
