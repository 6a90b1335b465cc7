import { randomInt } from 'node:crypto';
import type { IRawStorage } from '@blockstrata/db-p2p/storage';
import { BlobReader } from '../git/blob-reader.js';
import { readChanges, SUBMODULE_MODE } from '../git/changes.js';
import type { Commit } from '../git/history.js';
import type { GitRepository } from '../git/repository.js';
import { quotePath } from '../output/quote-path.js';
import { FILE_BYTES_MAX } from '../store/limits.js';
import type { Store } from '../store/open-store.js';
import { checkLog, type LogProblem } from './check-log.js';
import { problemOf } from './compare-file.js';
import { countPairs, walkHistory, type HistoryStep } from './history-walk.js';
import { endsOfSpans, everyPair, PAIRS_READ_MAX, randomPairs, type Probe, type ProbeChoice } from './probes.js';

/** How much of a replayed history to read back. */
export type VerifyDepth = 'none' | 'sample' | 'all';

/** A pair that did not come back as git has it. */
export type Mismatch = {
  readonly path: string;
  readonly commit: string;
  readonly rev: number;
  readonly problem: string;
};

/** What was verified. */
export type ReplayVerification = {
  readonly depth: VerifyDepth;
  /** (path, commit) pairs that were to be verified. */
  readonly pairs: number;
  readonly verified: number;
  /** Reads made; fewer than the pairs where one read stands for several. */
  readonly reads: number;
  /** (path, commit) pairs of the whole history. */
  readonly pairsTotal: number;
  readonly seed?: number;
  /** The first of the pairs that differ. */
  readonly mismatches: readonly Mismatch[];
  readonly logProblems: readonly LogProblem[];
};

/** What to verify. */
export type VerifyReplayOptions = {
  readonly repository: GitRepository;
  readonly commits: readonly Commit[];
  readonly store: Store;
  readonly depth: Exclude<VerifyDepth, 'none'>;
  /** Of a sample; a random one if absent. */
  readonly seed?: number;
  /** Pairs up to which each is read for itself. Default {@link PAIRS_READ_MAX}. */
  readonly pairsReadMax?: number;
  onStep?(rev: number): void;
  readonly signal?: AbortSignal;
};

const MISMATCHES_REPORTED_MAX = 100;
const BLOCKS_PER_READ = 64;
const SEED_MAX = 2 ** 32;

/**
 * Reads files back at their revisions and compares them with git: the bytes at the commit that changed them, the mode,
 * the path, and at every commit the revision that a read there gives.
 *
 * @throws CommandError if git fails · `signal.reason`
 */
export async function verifyReplay(options: VerifyReplayOptions): Promise<ReplayVerification> {
  const { repository, commits, depth } = options;
  const pairsTotal = await countPairs(readChanges(repository, commits, 1));
  const seed = depth === 'sample' ? (options.seed ?? randomInt(SEED_MAX)) : undefined;
  const choose = chooseProbes(pairsTotal, seed, options.pairsReadMax ?? PAIRS_READ_MAX);
  const tally = new Tally();
  const blobs = new BlobReader(repository, FILE_BYTES_MAX);
  try {
    for await (const step of walkHistory(readChanges(repository, commits, 1))) {
      options.signal?.throwIfAborted();
      await verifyStep(options, step, choose(step), blobs, tally);
      options.onStep?.(step.rev);
    }
  } finally {
    blobs.close();
  }
  const logProblems = await checkLog(options.store.storage, readChanges(repository, commits, 1));
  const { planned, verified, reads, mismatches } = tally;
  const pairs = seed === undefined ? pairsTotal : planned;
  const sampled = seed === undefined ? {} : { seed };
  return { depth, pairs, verified, reads, pairsTotal, ...sampled, mismatches, logProblems };
}

function chooseProbes(pairsTotal: number, seed: number | undefined, pairsReadMax: number): ProbeChoice {
  if (seed !== undefined) return randomPairs(pairsTotal, seed);
  return pairsTotal <= pairsReadMax ? everyPair : endsOfSpans;
}

class Tally {
  planned = 0;
  verified = 0;
  reads = 0;
  readonly mismatches: Mismatch[] = [];

  add({ stands }: Probe, mismatch: Mismatch | undefined): void {
    this.planned += stands;
    this.reads++;
    if (mismatch === undefined) this.verified += stands;
    else if (this.mismatches.length < MISMATCHES_REPORTED_MAX) this.mismatches.push(mismatch);
  }
}

async function verifyStep(
  { store, repository, signal }: VerifyReplayOptions,
  step: HistoryStep,
  probes: Iterable<Probe>,
  blobs: BlobReader,
  tally: Tally,
): Promise<void> {
  const { rev, commitId } = step;
  for (const group of inGroups(probes, BLOCKS_PER_READ)) {
    signal?.throwIfAborted();
    const blockIds = group.map(({ file }) => file.blockId);
    const [reads, contents] = await Promise.all([
      store.repo.get({ blockIds, context: { rev } }),
      Promise.all(group.map(({ file }) => gitBytes(file, step, blobs))),
    ]);
    for (const [i, probe] of group.entries()) {
      const { file } = probe;
      const problem =
        problemOf(file, rev, reads[file.blockId], repository.objectFormat, contents[i]) ??
        (await problemBetween(store.storage, probe, rev));
      tally.add(
        probe,
        problem === undefined ? undefined : { path: quotePath(file.path), commit: commitId, rev, problem },
      );
    }
  }
}

/** What speaks against a read that stands for several pairs: a revision between them, which it need not meet. */
async function problemBetween(storage: IRawStorage, { file, stands }: Probe, rev: number): Promise<string | undefined> {
  if (stands === 1 || !('since' in file)) return undefined;
  for await (const revision of storage.listRevisions(file.blockId, rev, file.since)) {
    if (revision.rev !== file.since) return `has a revision ${revision.rev}, where git has none`;
  }
  return undefined;
}

/** git's bytes at the commit that changed a file; what was compared there is told by its hash from then on. */
async function gitBytes(
  file: Probe['file'],
  { rev, commitId }: HistoryStep,
  blobs: BlobReader,
): Promise<Buffer | undefined> {
  if (!('since' in file) || file.since !== rev || file.entry.mode === SUBMODULE_MODE) return undefined;
  return blobs.read(file.entry.objectId, `${quotePath(file.path)} at commit ${commitId}`);
}

function* inGroups<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let group: T[] = [];
  for (const value of values) {
    group.push(value);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
