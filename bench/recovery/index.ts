import { runInNewProcess } from '../harness/child.js';
import type { Contender, Figure, Outcome } from '../harness/figure.js';
import type { Asked, Question } from '../harness/question.js';
import { timed } from '../harness/timed.js';
import { copyOf } from '../growth/level-copies.js';
import { requireSame } from '../stores/commit-target.js';
import { openOurs, type Backend } from '../stores/open-ours.js';
import { openRawLevel } from '../stores/raw-level.js';
import { hashOfRecords, recordsOf } from '../workload/records.js';
import type { CrashPlan } from './crash-task.js';

// What a journal of files holds before a checkpoint empties it is about 32 MiB; LevelDB's log holds 4.
const TRANSACTIONS = { LevelDB: 20_000, files: 6000 };
const SMALL_TRANSACTIONS = 100;

/** How long opening takes after a crash with a full journal, and whether all that was acknowledged is there. */
const recovery: Question = {
  name: 'recovery',
  figures: asked => (['LevelDB', 'files'] as const).map(backend => recoveryFigure(backend, asked)),
};

export default recovery;

function recoveryFigure(backend: 'LevelDB' | 'files', { small, scratch }: Asked): Figure {
  const transactions = small ? SMALL_TRANSACTIONS : TRANSACTIONS[backend];
  return {
    name: `recovery: opening, ${backend}, killed after ${transactions} transactions`,
    unit: 'ms',
    async prepare() {
      const end = async (crash: boolean): Promise<string> => {
        const directory = scratch.fresh('ended');
        const task = new URL(import.meta.resolve('./crash-task.js'));
        await runInNewProcess<CrashPlan, number>(task, { backend, directory, transactions, crash });
        return directory;
      };
      const crashed = await end(true);
      const closed = await end(false);
      // Opening mends what it finds, so everyone opens a copy, and nobody the same one twice.
      const onCopies = (name: string, of: string, open: (directory: string) => Promise<Outcome>): Contender => ({
        name,
        async run() {
          const directory = copyOf(of, 'crashed', scratch);
          try {
            return await open(directory);
          } finally {
            scratch.discard(directory);
          }
        },
      });
      const openOurStore = (directory: string) => openAndCheck(backend, directory, transactions);
      const raw = backend === 'LevelDB' ? [onCopies('raw classic-level, after the crash', crashed, openRaw)] : [];
      return {
        ours: onCopies('blockstrata, after the crash', crashed, openOurStore),
        peers: [onCopies('blockstrata, after a clean shutdown', closed, openOurStore), ...raw],
      };
    },
  };
}

async function openAndCheck(backend: Backend, directory: string, transactions: number): Promise<Outcome> {
  const { storage } = openOurs(backend, directory, { durability: 'strict' });
  const value = await timed(async () => void (await storage.open()));
  requireSame('the length of the log', storage.logSeq, transactions);
  const hash = await hashOfRecords(recordsOf(storage));
  await storage.close();
  return { value, hash };
}

async function openRaw(directory: string): Promise<Outcome> {
  const begun = performance.now();
  const db = await openRawLevel(directory);
  const value = performance.now() - begun;
  await db.close();
  return { value };
}
