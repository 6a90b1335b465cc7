import type { Durability, RawStorage } from '@blockstrata/db-p2p/storage';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { hashOfRecords, recordsOf } from '../workload/records.js';
import { requireSame, type CommitSession, type CommitTarget } from './commit-target.js';
import { openOurs, type Backend } from './open-ours.js';

/** The name of our side in every table. */
export const OURS = 'blockstrata';

/** Our engine on one of its backends. */
export function ours(backend: Backend, durability: Durability): CommitTarget {
  return {
    name: OURS,
    async open(directory, { before, timed }) {
      const { storage, repo } = openOurs(backend, directory, { durability });
      await storage.open();
      for (const transaction of before) await pendAndCommit(repo, transaction);
      return sessionOf(storage, timed, transaction => pendAndCommit(repo, transaction));
    },
  };
}

/** Transactions on one of our stores, whose log grows by an entry for each. */
export function sessionOf<T>(
  storage: RawStorage,
  transactions: readonly T[],
  run: (transaction: T) => Promise<void>,
): CommitSession {
  const logSeqBefore = storage.logSeq;
  return {
    run(index) {
      const transaction = transactions[index];
      if (transaction === undefined) throw new RangeError(`there is no transaction ${index}`);
      return run(transaction);
    },
    close: () => storage.close(),
    async reopen() {
      // Opening compares the log with the digest that closing left.
      await storage.open();
      requireSame('the length of the log', storage.logSeq, logSeqBefore + transactions.length);
    },
    hash: () => hashOfRecords(recordsOf(storage)),
  };
}
