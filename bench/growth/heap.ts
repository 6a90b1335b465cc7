import { runInNewProcess } from '../harness/child.js';
import type { Figure } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import { OURS } from '../stores/ours.js';
import { largeStore } from './large-store.js';
import type { HeapMeasurement, HeapPlan } from './heap-task.js';

/** What the heap must stay under, whatever is on disk. */
export const HEAP_BOUND: { readonly name: string; readonly bytes: number } = {
  name: 'the bound: 256 MB',
  bytes: 256e6,
};

/** The largest heap of a process that reads random blocks and commits, with the default cache. */
export function heapAtSize(blocks: number, reads: number, commits: number, scratch: Scratch, bound?: boolean): Figure {
  return {
    name: `growth: heap, LevelDB, default cache, at ${blocks} blocks`,
    unit: 'B',
    pairsMax: 3,
    ...(bound === true ? { bound: { against: HEAP_BOUND.name, atMost: 1 } } : {}),
    async prepare() {
      const { directory } = await largeStore('LevelDB', blocks, scratch);
      const run = async () => {
        const plan = { directory, blocks, reads, commits };
        const task = new URL(import.meta.resolve('./heap-task.js'));
        const { heapUsedMax } = await runInNewProcess<HeapPlan, HeapMeasurement>(task, plan);
        return { value: heapUsedMax };
      };
      return {
        ours: { name: OURS, run },
        peers: [{ name: HEAP_BOUND.name, run: async () => ({ value: HEAP_BOUND.bytes }) }],
      };
    },
  };
}
