import type { Durability } from '@blockstrata/db-p2p/storage';
import type { Absent, Bound, Figure } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import type { CommitTarget } from '../stores/commit-target.js';
import type { Backend } from '../stores/open-ours.js';
import { ours } from '../stores/ours.js';
import { makeWorkload } from '../workload/records.js';
import { commitContender } from './time-commits.js';

/** One way of committing. */
export type CommitShape = {
  readonly backend: Backend;
  readonly durability: Durability;
  readonly inFlight: number;
  /** Blocks in a transaction. */
  readonly blocks: number;
  readonly transactions: number;
  /** One-field updates of so many blocks in turn; otherwise each transaction inserts new ones. */
  readonly hotBlocks?: number;
};

/** A peer, and how many transactions it has in flight if that is another number than ours. */
export type CommitPeer = (CommitTarget & { readonly inFlight?: number }) | Absent;

const SEED = 4;

// V8 forgets the optimised code of a store when no object of its kinds has been there for two full collections, which
// is so between any two runs; a node has its store open for days.
const WARM_UP = 1000;

/** The figure of one way of committing, against `peers` doing the same. */
export function commitFigure(
  shape: CommitShape,
  peers: () => Promise<readonly CommitPeer[]>,
  scratch: Scratch,
  bound?: Bound,
): Figure {
  return {
    name: nameOf(shape),
    unit: '/s',
    ...(bound === undefined ? {} : { bound }),
    async prepare() {
      const { backend, durability, inFlight, blocks, transactions, hotBlocks } = shape;
      // On files it would not show: a transaction there waits for its syncs.
      const warmUp = backend === 'files' ? 0 : Math.min(WARM_UP, transactions);
      const workload = await makeWorkload(
        { seed: SEED, transactions: warmUp + transactions, blocks, ...(hotBlocks === undefined ? {} : { hotBlocks }) },
        backend === 'files' ? 'json' : 'cbor',
      );
      const contend = (target: CommitTarget, count: number) =>
        commitContender(target, workload, { inFlight: count, warmUp }, scratch);
      return {
        ours: contend(ours(backend, durability), inFlight),
        peers: (await peers()).map(peer => ('absent' in peer ? peer : contend(peer, peer.inFlight ?? inFlight))),
      };
    },
  };
}

function nameOf({ backend, durability, inFlight, blocks, hotBlocks, transactions }: CommitShape): string {
  const what = hotBlocks === undefined ? 'new' : `of ${hotBlocks} hot`;
  const count = blocks === 1 ? `1 block ${what}` : `${blocks} blocks ${what}`;
  return `commit: ${backend}, ${durability}, ${inFlight} in flight, ${count}, ${transactions} transactions`;
}
