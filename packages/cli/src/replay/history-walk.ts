import type { BlockId } from '@blockstrata/db-core';
import type { CommitChanges, TreeEntry } from '../git/changes.js';
import { fileBlockId } from './file-block.js';

/** A path of a commit's tree, and the revision that last changed it. */
export type LiveFile = {
  readonly blockId: BlockId;
  readonly path: Buffer;
  readonly entry: TreeEntry;
  readonly since: number;
};

/** A path that a commit deleted. */
export type DeletedFile = { readonly blockId: BlockId; readonly path: Buffer };

/** A commit with the whole of its tree. `live` is the same map from step to step. */
export type HistoryStep = {
  readonly commitId: string;
  readonly rev: number;
  readonly live: ReadonlyMap<BlockId, LiveFile>;
  readonly changed: readonly LiveFile[];
  readonly deleted: readonly DeletedFile[];
  /** The live paths that the next commit changes or deletes; all of them at the last commit. */
  readonly ending: Iterable<LiveFile>;
};

/** Walks a history with the tree of each commit at hand, kept up from the changes alone. */
export async function* walkHistory(stream: AsyncIterable<CommitChanges>): AsyncGenerator<HistoryStep> {
  const live = new Map<BlockId, LiveFile>();
  let step: Omit<HistoryStep, 'ending'> | undefined;
  for await (const commit of stream) {
    const { rev, changes } = commit;
    const touched = changes.map(change => ({ ...change, blockId: fileBlockId(change.path) }));
    if (step !== undefined) {
      yield { ...step, ending: touched.flatMap(({ blockId }) => live.get(blockId) ?? []) };
    }
    const changed: LiveFile[] = [];
    const deleted: DeletedFile[] = [];
    for (const { blockId, path, after } of touched) {
      if (after === undefined) {
        live.delete(blockId);
        deleted.push({ blockId, path });
      } else {
        const file = { blockId, path, entry: after, since: rev };
        live.set(blockId, file);
        changed.push(file);
      }
    }
    step = { commitId: commit.commit.id, rev, live, changed, deleted };
  }
  if (step !== undefined) yield { ...step, ending: live.values() };
}

/**
 * How many (path, commit) pairs a history has: for each commit the paths of its tree and those that it deleted.
 */
export async function countPairs(stream: AsyncIterable<CommitChanges>): Promise<number> {
  let pairs = 0;
  let live = 0;
  for await (const { changes } of stream) {
    for (const { before, after } of changes) {
      if (before === undefined) live++;
      if (after === undefined) {
        live--;
        pairs++;
      }
    }
    pairs += live;
  }
  return pairs;
}
