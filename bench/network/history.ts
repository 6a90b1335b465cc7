import type { BlockOperation, IRepo } from '@blockstrata/db-core';

/** The block whose history is restored. */
export const HISTORY_BLOCK = 'history';

const LINES = 16;

/** Commits `revisions` of one block; each replaces a line of about `revisionBytes` bytes. */
export async function writeHistory(repo: IRepo, revisions: number, revisionBytes: number): Promise<void> {
  const header = { id: HISTORY_BLOCK, type: 'text', collectionId: HISTORY_BLOCK };
  for (let rev = 1; rev <= revisions; rev++) {
    const text = `${rev} `.padEnd(revisionBytes, 'the quick brown fox jumps over the lazy dog ');
    const operation: BlockOperation = ['lines', rev % LINES, 1, [text]];
    const transforms =
      rev === 1
        ? { inserts: { [HISTORY_BLOCK]: { header, lines: Array.from({ length: LINES }, () => '') } } }
        : { updates: { [HISTORY_BLOCK]: [operation] } };
    await repo.pend({ trxId: `trx-${rev}`, rev, policy: 'f', transforms });
    await repo.commit({ trxId: `trx-${rev}`, blockIds: [HISTORY_BLOCK], rev });
  }
}
