import type { BlockOperation, IRepo } from '@blockstrata/db-core';

/** The block whose history is restored. */
export const HISTORY_BLOCK = 'history';

/** Commits `revisions` of one block, a document of `revisionBytes` bytes that each of them replaces. */
export async function writeHistory(repo: IRepo, revisions: number, revisionBytes: number): Promise<void> {
  const header = { id: HISTORY_BLOCK, type: 'text', collectionId: HISTORY_BLOCK };
  for (let rev = 1; rev <= revisions; rev++) {
    const text = `${rev} `.padEnd(revisionBytes, 'the quick brown fox jumps over the lazy dog ');
    const operation: BlockOperation = ['text', 0, 0, text];
    const transforms =
      rev === 1 ? { inserts: { [HISTORY_BLOCK]: { header, text } } } : { updates: { [HISTORY_BLOCK]: [operation] } };
    await repo.pend({ trxId: `trx-${rev}`, rev, policy: 'f', transforms });
    await repo.commit({ trxId: `trx-${rev}`, blockIds: [HISTORY_BLOCK], rev });
  }
}
