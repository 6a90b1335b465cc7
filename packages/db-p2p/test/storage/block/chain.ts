import type { IBlock, RevisionRange, Transform } from '@blockstrata/db-core';
import {
  BlockStorage,
  MemoryRawStorage,
  StorageRepo,
  type RawStorage,
  type BlockArchive,
  type RawStorageOptions,
} from '../../../src/storage/index.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

/** Block `a` after these revisions: each has put its number in front of the list. */
export function blockAfter(...revs: number[]): IBlock {
  return { header, list: revs.toReversed() };
}

/** What revision `rev` does: the first one inserts the block. */
export function stepTo(rev: number, base: number): Transform {
  return base === 0 ? { insert: blockAfter(rev) } : { updates: [['list', 0, 0, [rev]]] };
}

/**
 * An archive of these revisions of block `a`, each of transaction `t{rev}`; without those at or below `above`, in whose
 * place it has a copy at the floor. `bases: false`: it says of the first one only what it builds on.
 */
export function archiveOf(
  revs: readonly number[],
  { above = 0, end, bases = true }: { above?: number; end?: number; bases?: boolean } = {},
): BlockArchive {
  const revisions: BlockArchive['revisions'] = {};
  revs.forEach((rev, i) => {
    const base = revs[i - 1] ?? 0;
    if (rev <= above) return;
    const revision: BlockArchive['revisions'][number] = { trx: { trxId: `t${rev}`, transform: stepTo(rev, base) } };
    if (bases || base === 0) revision.base = base;
    if (base !== 0 && base <= above) revision.block = blockAfter(...revs.slice(0, i + 1));
    revisions[rev] = revision;
  });
  const start = Number(Object.keys(revisions)[0]);
  const range: RevisionRange = end === undefined ? [start] : [start, end];
  return { blockId: 'a', range, revisions };
}

/** A store where block `a` has these revisions, and a peer who has what `archive` says at the time. */
export function storeAt(revs: readonly number[], options: RawStorageOptions = {}) {
  return chainIn(new MemoryRawStorage(options), revs);
}

/** The same in a store of one's own. */
export async function chainIn(storage: RawStorage, revs: readonly number[]) {
  const peer: { archive: BlockArchive | undefined; asked: (number | undefined)[] } = { archive: undefined, asked: [] };
  const block = new BlockStorage('a', storage, async (_blockId, rev) => {
    peer.asked.push(rev);
    return peer.archive;
  });
  const repo = new StorageRepo(() => block, { storage });
  for (const [i, rev] of revs.entries()) {
    const { insert, updates } = stepTo(rev, revs[i - 1] ?? 0);
    const transforms = insert === undefined ? { updates: { a: updates ?? [] } } : { inserts: { a: insert } };
    await repo.pend({ trxId: `t${rev}`, transforms, rev, policy: 'c' });
    await repo.commit({ trxId: `t${rev}`, blockIds: ['a'], rev });
  }
  return { storage, block, repo, peer };
}
