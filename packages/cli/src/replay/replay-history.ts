import type { BlockId } from '@blockstrata/db-core';
import { CommandError, oneLine } from '../errors.js';
import { BlobReader } from '../git/blob-reader.js';
import { readChanges } from '../git/changes.js';
import type { Commit } from '../git/history.js';
import type { GitRepository } from '../git/repository.js';
import { FILE_BYTES_MAX } from '../store/limits.js';
import type { Store } from '../store/open-store.js';
import { loadChanges, type LoadedCommit } from './load-changes.js';
import { planTransaction } from './plan-transaction.js';
import type { ResumePoint } from './resume-point.js';
import { writeTransaction } from './write-transaction.js';

/** What a replay did in this run. */
export type ReplayOutcome = {
  /** The revision that the store has come to. */
  readonly rev: number;
  /** Transactions written now. */
  readonly transactions: number;
  readonly elapsedMs: number;
  /** It was stopped before the end; the same command goes on. */
  readonly interrupted: boolean;
};

/** How to replay. */
export type ReplayHistoryOptions = {
  readonly repository: GitRepository;
  /** The commits to bring in, from the first of the history. */
  readonly commits: readonly Commit[];
  readonly store: Store;
  readonly from: ResumePoint;
  /** Called with the revision after each commit. */
  onCommit?(rev: number): void;
  /** Stops between two commits. */
  readonly signal?: AbortSignal;
};

/**
 * Writes one transaction for each commit that the store lacks and that changes something; the revision is the commit's
 * position in the history. Each is durable before the next begins, so it can be ended at any moment and started again.
 *
 * @throws CommandError if git or the store is in the way of a commit.
 */
export async function replayHistory(options: ReplayHistoryOptions): Promise<ReplayOutcome> {
  const { repository, commits, from, signal } = options;
  const started = performance.now();
  const blobs = new BlobReader(repository, FILE_BYTES_MAX);
  let { rev, collectionId } = from;
  let transactions = 0;
  try {
    const changes = readChanges(repository, commits.slice(from.rev), from.rev + 1);
    for await (const commit of loadChanges(changes, blobs)) {
      if (signal?.aborted === true) break;
      if (commit.changes.length > 0) {
        collectionId = await replayCommit(options.store, commit, collectionId);
        transactions++;
      }
      rev = commit.rev;
      options.onCommit?.(rev);
    }
  } finally {
    blobs.close();
  }
  const interrupted = rev < commits.length;
  return { rev: Math.max(rev, from.rev), transactions, elapsedMs: performance.now() - started, interrupted };
}

/** The collection of the blocks, which the first commit names. */
async function replayCommit(
  { repo }: Store,
  { commit, rev, changes }: LoadedCommit,
  collectionId: BlockId | undefined,
): Promise<BlockId | undefined> {
  try {
    const tips = await repo.get({ blockIds: changes.map(change => change.blockId) });
    const planned = planTransaction(changes, tips, collectionId);
    await writeTransaction(repo, commit.id, rev, planned);
    return collectionId ?? planned.collectionId;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`commit ${commit.id} (revision ${rev}) could not be stored: ${oneLine(error)}`, undefined, {
      cause: error,
    });
  }
}
