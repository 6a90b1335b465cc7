import type { BlockId } from '@blockstrata/db-core';
import type { IRawStorage, LogEntry } from '@blockstrata/db-p2p/storage';
import { CommandError } from '../errors.js';
import type { Commit } from '../git/history.js';

/** Where a replay goes on. */
export type ResumePoint = {
  /** The revision of the last commit that the store holds; 0: none. */
  readonly rev: number;
  /** The collection that its blocks belong to; `undefined`: it holds none. */
  readonly collectionId: BlockId | undefined;
};

/**
 * Finds out how far the store has come with this history. A commit's id covers all that lies before it, so the newest
 * one tells whether the store belongs to the history.
 *
 * @throws CommandError if it holds another history; nothing was changed.
 */
export async function findResumePoint(
  storage: IRawStorage,
  commits: readonly Commit[],
  about: { repository: string; shallow: boolean },
): Promise<ResumePoint> {
  await storage.open();
  const last = await entryBehind(storage, storage.logSeq - 1);
  if (last === undefined) return { rev: 0, collectionId: undefined };
  const commit = commits[last.rev - 1];
  if (last.kind !== 'commit' || commit?.id !== last.trxId) throw otherHistory(storage, last, commit, about);
  const first = await entryBehind(storage, 0);
  return { rev: last.rev, collectionId: first?.blockIds[0] };
}

async function entryBehind(storage: IRawStorage, seq: number): Promise<LogEntry | undefined> {
  for await (const entry of storage.readLog({ from: Math.max(seq, 0), limit: 1 })) return entry;
  return undefined;
}

function otherHistory(
  storage: IRawStorage,
  last: LogEntry,
  commit: Commit | undefined,
  about: { repository: string; shallow: boolean },
): CommandError {
  const there = commit === undefined ? 'has no commit there' : `has commit ${commit.id} there`;
  const why = about.shallow
    ? 'it is a shallow clone, whose numbering starts where it was cut off'
    : 'it is another history, or one that was rewritten';
  return new CommandError(
    `${storage.name} holds commit ${last.trxId} at revision ${last.rev}, and ${about.repository} ${there}: ${why}. Nothing was changed; use another --store`,
  );
}
