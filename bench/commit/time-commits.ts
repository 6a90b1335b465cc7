import { timed } from '../harness/timed.js';
import type { Contender } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import type { CommitTarget } from '../stores/commit-target.js';
import type { Workload } from '../workload/records.js';
import { runInFlight } from '../workload/run-in-flight.js';

/** How the transactions of a workload are run. */
export type CommitRun = {
  readonly inFlight: number;
  /** So many of the first transactions are run in the same way before the time begins. Default 0. */
  readonly warmUp?: number;
};

/**
 * Transactions a second on a new store: the time ends when the store has been closed, opened again, and found to end
 * with the last transaction. The digest over all of its records is taken after that.
 */
export function commitContender(
  target: CommitTarget,
  workload: Workload,
  { inFlight, warmUp = 0 }: CommitRun,
  scratch: Scratch,
): Contender {
  return {
    name: target.name,
    async run() {
      const directory = scratch.fresh('store');
      const session = await target.open(directory, workload);
      await runInFlight(warmUp, inFlight, index => session.run(index));
      const count = Math.min(workload.timed.length, target.transactionsMax ?? workload.timed.length) - warmUp;
      const cpuBefore = process.cpuUsage();
      const run = await timed(() => runInFlight(count, inFlight, index => session.run(warmUp + index)));
      const close = await timed(() => session.close());
      const reopen = await timed(() => session.reopen());
      const { user, system } = process.cpuUsage(cpuBefore);
      const hash = await session.hash?.();
      await session.close();
      scratch.discard(directory);
      const value = count / ((run + close + reopen) / 1000);
      return {
        value,
        partsMs: { run, close, reopen, cpu: (user + system) / 1000 },
        ...(hash === undefined ? {} : { hash }),
      };
    },
  };
}
