import { openOurs, type Backend } from '../stores/open-ours.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { runInFlight } from '../workload/run-in-flight.js';
import { makeTransactions } from '../workload/transactions.js';

/** What is written before the process ends. */
export type CrashPlan = {
  readonly backend: Backend;
  readonly directory: string;
  readonly transactions: number;
  /** Kill the process with everything open; otherwise close the store first. */
  readonly crash: boolean;
};

/** The seed of what is written. */
export const CRASH_SEED = 11;

const IN_FLIGHT = 64;

/** Fills a store in a process that then kills itself, or closes it. */
export default async function fillAndEnd({ backend, directory, transactions, crash }: CrashPlan): Promise<number> {
  const { storage, repo } = openOurs(backend, directory, { durability: 'strict' });
  const { timed } = makeTransactions({ seed: CRASH_SEED, transactions, blocks: 1 });
  await runInFlight(timed.length, IN_FLIGHT, async index => {
    const transaction = timed[index];
    if (transaction !== undefined) await pendAndCommit(repo, transaction);
  });
  if (!crash) {
    await storage.close();
    return storage.logSeq;
  }
  process.send?.({ output: storage.logSeq }, () => process.kill(process.pid, 'SIGKILL'));
  return new Promise(() => undefined);
}
