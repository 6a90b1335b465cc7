import { runInNewProcess } from '../harness/child.js';
import type { Bound, Contender, Figure } from '../harness/figure.js';
import { Random } from '../harness/random.js';
import type { Scratch } from '../harness/scratch.js';
import { BARE } from '../bare/level.js';
import type { ReadMeasurement, ReadPlan } from '../read/measure-reads.js';
import type { ReaderPlan } from '../read/open-reader.js';
import { RAW_GET } from '../read/read-figure.js';
import type { Backend } from '../stores/open-ours.js';
import { OURS } from '../stores/ours.js';
import type { Query } from '../stores/reader.js';
import { largeStore, type LargeStore } from './large-store.js';

/** Reads of random tips in a new process, nothing being warm but the code. */
export function readsAtSize(backend: Backend, blocks: number, reads: number, scratch: Scratch, bound?: Bound): Figure {
  return {
    name: `growth: tip, ${backend}, everything cold, at ${blocks} blocks`,
    unit: '/s',
    ...(bound === undefined ? {} : { bound }),
    async prepare() {
      const store = await largeStore(backend, blocks, scratch);
      const contend = (name: string, kind: ReaderPlan['kind']): Contender => ({
        name,
        async run(round) {
          const queries = randomTips(store, 2 * reads, round);
          const plan: ReadPlan = {
            kind,
            backend,
            directory: store.directory,
            blockCount: blocks,
            warmUps: queries.slice(0, reads),
            queries: queries.slice(reads),
            warmEngine: false,
          };
          const task = new URL(import.meta.resolve('../read/measure-reads.js'));
          const { ms, hash } = await runInNewProcess<ReadPlan, ReadMeasurement>(task, plan);
          return { value: reads / (ms / 1000), hash };
        },
      });
      const peers = backend === 'LevelDB' ? [contend(RAW_GET, 'raw'), contend(BARE, 'bare')] : [];
      return { ours: contend(OURS, 'ours'), peers };
    },
  };
}

function randomTips({ blocks, blockIdAt, trxIdAt }: LargeStore, count: number, seed: number): Query[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const index = random.below(blocks);
    return { blockIds: [blockIdAt(index)], tipTrxIds: [trxIdAt(index)] };
  });
}
