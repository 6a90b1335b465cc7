import { Random } from '../harness/random.js';
import { openOurs } from '../stores/open-ours.js';
import { ContentSource, idOf } from '../workload/content.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { insertion } from '../workload/transactions.js';

/** What is done to a store whose process is watched. */
export type HeapPlan = {
  readonly directory: string;
  readonly blocks: number;
  readonly reads: number;
  readonly commits: number;
};

/** Bytes. */
export type HeapMeasurement = { readonly heapUsedMax: number };

const LOOK_EVERY = 200;

/** Reads and commits in a process of its own, and looks at its heap all along, garbage included. */
export default async function watchHeap({ directory, blocks, reads, commits }: HeapPlan): Promise<HeapMeasurement> {
  const { storage, repo } = openOurs('LevelDB', directory, { durability: 'relaxed' });
  const random = new Random(blocks);
  const content = new ContentSource(blocks);
  let heapUsedMax = 0;
  const look = (i: number) => {
    if (i % LOOK_EVERY === 0) heapUsedMax = Math.max(heapUsedMax, process.memoryUsage().heapUsed);
  };
  for (let i = 0; i < reads; i++) {
    await repo.get({ blockIds: [idOf('large', random.below(blocks))] });
    look(i);
  }
  const name = `heap ${process.pid}`;
  for (let i = 0; i < commits; i++) {
    await pendAndCommit(repo, insertion(name, i, [idOf(name, i)], content));
    look(i);
  }
  await storage.close();
  return { heapUsedMax };
}
