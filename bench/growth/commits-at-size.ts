import type { Durability } from '@blockstrata/db-p2p/storage';
import { bareLevel } from '../bare/level.js';
import type { Bound, Contender, Figure } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import { timed } from '../harness/timed.js';
import type { CommitTarget } from '../stores/commit-target.js';
import { ours } from '../stores/ours.js';
import { rawLevel } from '../stores/raw-level.js';
import { makeWorkload, type Workload } from '../workload/records.js';
import { runInFlight } from '../workload/run-in-flight.js';
import { copyOf } from './level-copies.js';
import { largeStore, type LargeStore } from './large-store.js';

/** How commits go on in a store that has so many blocks. */
export type SizedCommits = {
  readonly durability: Durability;
  readonly blocks: number;
  readonly transactions: number;
  readonly inFlight: number;
};

/** Transactions of new blocks in a store of many, beside raw LevelDB with a copy of the same store. */
export function commitsAtSize(shape: SizedCommits, scratch: Scratch, bound?: Bound): Figure {
  const { durability, blocks, transactions, inFlight } = shape;
  return {
    name: `growth: commit, LevelDB, ${durability}, ${inFlight} in flight, at ${blocks} blocks, ${transactions} transactions`,
    unit: '/s',
    ...(bound === undefined ? {} : { bound }),
    async prepare() {
      const store = await largeStore('LevelDB', blocks, scratch);
      const workloadOf = latest((round: number) =>
        makeWorkload({ seed: 1000 + round, transactions: warmUpOf(shape) + transactions, blocks: 1 }, 'cbor'),
      );
      const contend = (target: CommitTarget) => onItsCopy(target, shape, store, scratch, workloadOf);
      const contenders = [ours('LevelDB', durability), rawLevel(durability), bareLevel(durability)].map(contend);
      const [first, ...peers] = contenders;
      if (first === undefined) throw new TypeError('there is nobody to measure');
      return {
        ours: first.contender,
        peers: peers.map(({ contender }) => contender),
        dispose: () => contenders.forEach(({ directory }) => scratch.discard(directory)),
      };
    },
  };
}

// Warm code, and tables that were checked: our engine checks a table of an earlier session when it is first read.
const WARM_UP = 1000;

function warmUpOf({ transactions }: SizedCommits): number {
  return Math.min(WARM_UP, transactions);
}

/** Each contender goes on with a copy of its own, which grows by the same transactions in the same rounds. */
function onItsCopy(
  target: CommitTarget,
  shape: SizedCommits,
  store: LargeStore,
  scratch: Scratch,
  workloadOf: (round: number) => Promise<Workload>,
): { contender: Contender; directory: string } {
  const { transactions, inFlight } = shape;
  const warmUp = warmUpOf(shape);
  const directory = copyOf(store.directory, 'copy', scratch);
  const run = async (round: number) => {
    const workload = await workloadOf(round);
    const logSeqBefore = store.transactions + round * (warmUp + transactions);
    const session = await target.open(directory, workload, logSeqBefore);
    await runInFlight(warmUp, inFlight, index => session.run(index));
    const operations = await timed(() => runInFlight(transactions, inFlight, index => session.run(warmUp + index)));
    const close = await timed(() => session.close());
    const reopen = await timed(() => session.reopen());
    await session.close();
    return {
      value: transactions / ((operations + close + reopen) / 1000),
      partsMs: { run: operations, close, reopen },
    };
  };
  return { contender: { name: target.name, run }, directory };
}

/** Remembers what came of the latest argument: everyone asks for the same round, and only a few rounds fit in memory. */
function latest<T>(make: (round: number) => Promise<T>): (round: number) => Promise<T> {
  let known: { readonly round: number; readonly made: Promise<T> } | undefined;
  return round => {
    if (known?.round !== round) known = { round, made: make(round) };
    return known.made;
  };
}
