import { runInNewProcess } from '../harness/child.js';
import type { Contender, Figure } from '../harness/figure.js';
import { Random } from '../harness/random.js';
import type { Scratch } from '../harness/scratch.js';
import { BARE } from '../bare/level.js';
import { pastQueries } from '../read/filled-store.js';
import type { ReadMeasurement, ReadPlan } from '../read/measure-reads.js';
import type { ReaderPlan } from '../read/open-reader.js';
import { RAW_GET, RAW_GET_MANY } from '../read/read-figure.js';
import { openOurs, type Backend } from '../stores/open-ours.js';
import { OURS } from '../stores/ours.js';
import type { Query } from '../stores/reader.js';
import { fillHistories } from '../workload/fill.js';
import { copyOf } from './level-copies.js';
import { largeStore, type LargeStore } from './large-store.js';

/** A closed store, and so many reads of it, others for each round. */
type ReadableStore = {
  readonly directory: string;
  readonly queries: (count: number, round: number) => Query[];
  readonly dispose?: () => void;
};

type SizedReads = {
  readonly what: string;
  readonly backend: Backend;
  readonly blocks: number;
  readonly reads: number;
  readonly peers: readonly (readonly [name: string, kind: ReaderPlan['kind']])[];
  readonly open: () => Promise<ReadableStore>;
};

/** Reads of random tips, `together` in one call. */
export function tipsAtSize(
  backend: Backend,
  blocks: number,
  { reads, together }: { readonly reads: number; readonly together: number },
  scratch: Scratch,
): Figure {
  return readsAtSize({
    what: together === 1 ? 'tip' : `${together} tips in one get`,
    backend,
    blocks,
    reads,
    peers:
      backend === 'LevelDB'
        ? [
            [together === 1 ? RAW_GET : RAW_GET_MANY, 'raw'],
            [BARE, 'bare'],
          ]
        : [],
    async open() {
      const store = await largeStore(backend, blocks, scratch);
      return {
        directory: store.directory,
        queries: (count, round) => randomTips(store, count, together, round),
      };
    },
  });
}

const HISTORIES = 10;

/** Reads of random revisions of blocks that have many, among many that have one. */
export function pastRevisionsAtSize(
  blocks: number,
  { reads, revisions }: { readonly reads: number; readonly revisions: number },
  scratch: Scratch,
): Figure {
  return readsAtSize({
    what: `past revision of ${revisions}`,
    backend: 'LevelDB',
    blocks,
    reads,
    peers: [[BARE, 'bare']],
    async open() {
      const directory = copyOf((await largeStore('LevelDB', blocks, scratch)).directory, 'histories', scratch);
      const { storage, repo } = openOurs('LevelDB', directory, { durability: 'relaxed' });
      const filled = await fillHistories(repo, 'past', HISTORIES, revisions);
      await storage.close();
      return {
        directory,
        // The same in each round: what is cold is the process.
        queries: count => pastQueries(filled, count),
        dispose: () => scratch.discard(directory),
      };
    },
  });
}

/** Reads in a new process; what was read before to make the code warm is all that any cache of ours holds. */
function readsAtSize({ what, backend, blocks, reads, peers, open }: SizedReads): Figure {
  return {
    name: `growth: ${what}, ${backend}, in a new process, at ${blocks} blocks`,
    unit: '/s',
    async prepare() {
      const store = await open();
      const contend = (name: string, kind: ReaderPlan['kind']): Contender => ({
        name,
        async run(round) {
          const queries = store.queries(2 * reads, round);
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
      return {
        ours: contend(OURS, 'ours'),
        peers: peers.map(([name, kind]) => contend(name, kind)),
        dispose: () => store.dispose?.(),
      };
    },
  };
}

function randomTips(
  { blocks, blockIdAt, trxIdAt }: LargeStore,
  count: number,
  together: number,
  seed: number,
): Query[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const indexes = new Set(Array.from({ length: together }, () => random.below(blocks)));
    return { blockIds: [...indexes].map(blockIdAt), tipTrxIds: [...indexes].map(trxIdAt) };
  });
}
