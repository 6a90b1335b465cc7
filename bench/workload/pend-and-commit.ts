import type { IRepo } from '@blockstrata/db-core';
import type { Transaction } from './transactions.js';

/** Runs one transaction. @throws RefusedError if it is refused: here nothing is in anyone's way. */
export async function pendAndCommit(repo: IRepo, { pend, commit }: Transaction): Promise<void> {
  const pended = await repo.pend(pend);
  if (!pended.success) throw new RefusedError(`pend: ${pended.code}: ${pended.reason}`);
  const committed = await repo.commit(commit);
  if (!committed.success) throw new RefusedError(`commit: ${committed.code}: ${committed.reason}`);
}

/** A transaction of a benchmark was refused. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
