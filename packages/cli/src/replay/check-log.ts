import type { IRawStorage } from '@blockstrata/db-p2p/storage';
import type { CommitChanges } from '../git/changes.js';
import { fileBlockId } from './file-block.js';

/** An entry of the commit log that is not what the history says, or is missing. */
export type LogProblem = { readonly seq: number; readonly rev: number; readonly problem: string };

const LOG_PROBLEMS_MAX = 100;

/**
 * Compares the commit log with the history: one entry for each commit that changes something, with its revision and its
 * blocks, in order, and none besides.
 */
export async function checkLog(storage: IRawStorage, stream: AsyncIterable<CommitChanges>): Promise<LogProblem[]> {
  const problems: LogProblem[] = [];
  const log = storage.readLog()[Symbol.asyncIterator]();
  let seq = 0;
  for await (const { commit, rev, changes } of stream) {
    if (changes.length === 0) continue;
    seq++;
    const next = await log.next();
    const entry = next.done === true ? undefined : next.value;
    const blockIds = new Set(changes.map(change => fileBlockId(change.path)));
    const problem =
      entry === undefined
        ? 'the log has no entry for this commit'
        : entry.trxId !== commit.id || entry.rev !== rev
          ? `the log has transaction ${entry.trxId} at revision ${entry.rev} here`
          : entry.blockIds.length !== blockIds.size || !entry.blockIds.every(blockId => blockIds.has(blockId))
            ? 'the log names other blocks'
            : undefined;
    if (problem !== undefined) problems.push({ seq, rev, problem });
    if (entry === undefined || problems.length >= LOG_PROBLEMS_MAX) break;
  }
  await log.return?.();
  if (problems.length === 0 && storage.logSeq !== seq) {
    problems.push({ seq: seq + 1, rev: 0, problem: `the log has ${storage.logSeq - seq} entries too many` });
  }
  return problems;
}
