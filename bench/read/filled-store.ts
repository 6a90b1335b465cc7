import type { BlockId, IBlock } from '@blockstrata/db-core';
import { Random } from '../harness/random.js';
import type { Scratch } from '../harness/scratch.js';
import { openOurs, type Backend } from '../stores/open-ours.js';
import { readSessionOf } from '../stores/ours-reader.js';
import type { Query, ReadSession } from '../stores/reader.js';
import { fillHistories, fillTips, type FilledBlocks } from '../workload/fill.js';
import { trxKey } from '@blockstrata/db-p2p/storage';
import type { CopiedBlock } from '../peers/readers.js';

/** A store that was filled and closed, and what others need to hold the same. */
export type FilledStore = FilledBlocks & {
  readonly directory: string;
  /** The copies at the tips, as they are stored. */
  readonly sealedTips: ReadonlyMap<string, Uint8Array>;
  /** Each block at each of its revisions. */
  readonly copied: readonly CopiedBlock[];
  /** Where the store would be gone once it were closed. */
  readonly session?: ReadSession;
};

/** How a store is filled. */
export type FillShape = { readonly backend: Backend; readonly blocks: number; readonly revisions: number };

/** Fills a store, and closes it if it outlives that. */
export async function fillStore({ backend, blocks, revisions }: FillShape, scratch: Scratch): Promise<FilledStore> {
  const directory = scratch.fresh('filled');
  const ours = openOurs(backend, directory, { durability: 'relaxed' });
  try {
    const filled =
      revisions === 1
        ? await fillTips(ours.repo, 'tips', blocks)
        : await fillHistories(ours.repo, 'past', blocks, revisions);
    const tip = (index: number) => filled.trxIdOf(index, revisions);
    const sealedTips = new Map<string, Uint8Array>();
    const copied: CopiedBlock[] = [];
    const session = readSessionOf(ours);
    for (const [index, blockId] of filled.blockIds.entries()) {
      const key = trxKey('block', blockId, tip(index));
      const sealed = await ours.storage.driver.get(key);
      if (sealed !== undefined) sealedTips.set(key.encoded, sealed);
      const copies: IBlock[] = [];
      for (let rev = 1; rev <= revisions; rev++) {
        const [block] = await session.blocks({ blockIds: [blockId], rev, tipTrxIds: [] });
        copies.push(block as IBlock);
      }
      copied.push({ blockId, tipTrxId: tip(index), copies });
    }
    const stays = backend === 'memory' ? { session } : {};
    return { ...filled, ...stays, directory, sealedTips, copied };
  } finally {
    if (backend !== 'memory') await ours.storage.close();
  }
}

/** Random reads of tips, `together` of them in one call; `distinct`: no block twice. */
export function tipQueries(store: FilledBlocks, count: number, together: number, distinct: boolean): Query[] {
  const random = new Random(count);
  const order = shuffled(store.blockIds.length, random);
  return Array.from({ length: count }, (_, q) => {
    const indexes = Array.from({ length: together }, (__, i) =>
      distinct ? (order[(q * together + i) % order.length] ?? 0) : random.below(order.length),
    );
    return queryOf(store, [...new Set(indexes)], undefined);
  });
}

/** Random reads of one block at a random one of its revisions. */
export function pastQueries(store: FilledBlocks, count: number): Query[] {
  const random = new Random(count);
  return Array.from({ length: count }, () =>
    queryOf(store, [random.below(store.blockIds.length)], 1 + random.below(store.revisions)),
  );
}

function queryOf(store: FilledBlocks, indexes: readonly number[], rev: number | undefined): Query {
  const blockIds: BlockId[] = indexes.map(index => store.blockIds[index] ?? '');
  const tipTrxIds = indexes.map(index => store.trxIdOf(index, store.revisions));
  return rev === undefined ? { blockIds, tipTrxIds } : { blockIds, tipTrxIds, rev };
}

function shuffled(length: number, random: Random): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}
