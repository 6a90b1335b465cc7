import type { IRepo } from '@blockstrata/db-core';
import type { Transactions } from '../workload/transactions.js';
import { WrongResultError } from '../stores/commit-target.js';
import type { Recording } from './recordings.js';
import { INDEX_ID, SplitText } from './split-text.js';

/** The transactions of a recording on blocks of at most so many characters; the first one makes them. */
export function transactionsOf(recording: Recording, leafCharactersMax: number): Transactions {
  const text = new SplitText(recording.name, leafCharactersMax);
  const before = [text.begin(recording.startContent)];
  return { before, timed: recording.transactions.map(patches => text.edit(patches)) };
}

/** The revision of the text after so many of the recorded transactions. */
export function revisionAfter(transactions: number): number {
  return transactions + 1;
}

/** Characters that were typed or deleted. */
export function keystrokesOf({ transactions }: Recording): number {
  return transactions.flat().reduce((total, [, deleted, inserted]) => total + deleted + [...inserted].length, 0);
}

/** The text at a revision, read as a database would: the index, and then all leaves in one call. */
export async function readText(repo: IRepo, rev: number): Promise<string> {
  const context = { rev };
  const { [INDEX_ID]: index } = await repo.get({ blockIds: [INDEX_ID], context });
  const leaves = (index?.block?.['leaves'] ?? []) as string[];
  const results = await repo.get({ blockIds: leaves, context });
  return leaves.map(leaf => textOf(results[leaf]?.block, leaf)).join('');
}

function textOf(block: Record<string, unknown> | undefined, leaf: string): string {
  if (block === undefined) throw new WrongResultError(`leaf ${leaf} is not there`);
  return (block['text'] as string[]).join('');
}
