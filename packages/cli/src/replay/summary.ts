import { counted, formatBytes, formatDuration } from '../output/format.js';
import { formatFacts } from '../output/table.js';
import type { Backend } from '../store/backend.js';
import type { Store } from '../store/open-store.js';
import type { ReplayVerification } from './verify-replay.js';

/** What a replay tells at its end; `--json` writes it as it is. */
export type ReplaySummary = {
  readonly repository: string;
  readonly head: string;
  /** The folder of the store; null: in memory. */
  readonly store: string | null;
  readonly backend: Backend;
  /** Commits of the history that the store has come to, those without changes included. */
  readonly commits: number;
  readonly commitsWithoutChanges: number;
  readonly blocks: number;
  /** Revisions of all blocks together. */
  readonly revisions: number;
  readonly transactions: number;
  readonly run: {
    /** The revision that this run went on from. */
    readonly from: number;
    readonly transactions: number;
    readonly elapsedMs: number;
    readonly transactionsPerSecond: number;
  };
  readonly bytes: { readonly store: number; readonly git: number };
  readonly verification: ReplayVerification | null;
};

/** What a store holds. */
export type StoreCounts = Pick<ReplaySummary, 'blocks' | 'revisions' | 'transactions'>;

/** Counts what a replay left in a store, from its list of blocks and its commit log. */
export async function countStore({ storage }: Store): Promise<StoreCounts> {
  let blocks = 0;
  let revisions = 0;
  let transactions = 0;
  for await (const _ of storage.listBlockIds()) blocks++;
  for await (const { blockIds } of storage.readLog()) {
    revisions += blockIds.length;
    transactions++;
  }
  return { blocks, revisions, transactions };
}

/** Whether all that was to be verified was found as git has it. */
export function isVerified({ verification }: ReplaySummary): boolean {
  if (verification === null) return true;
  return verification.verified === verification.pairs && verification.logProblems.length === 0;
}

/** The summary for people; its last line says what was verified. */
export function formatSummary(summary: ReplaySummary): string {
  const { run, bytes, verification } = summary;
  const rate = run.transactions === 0 ? '' : `, ${Math.round(run.transactionsPerSecond)} transactions/s`;
  const facts = formatFacts([
    [
      'commits',
      `${summary.commits}${summary.commitsWithoutChanges === 0 ? '' : ` (${summary.commitsWithoutChanges} without changes)`}`,
    ],
    ['blocks', String(summary.blocks)],
    ['revisions', String(summary.revisions)],
    ['this run', `${counted(run.transactions, 'transaction')} in ${formatDuration(run.elapsedMs)}${rate}`],
    [
      summary.store === null ? 'bytes in memory' : 'bytes on disk',
      `${formatBytes(bytes.store)}; git's objects: ${formatBytes(bytes.git)}`,
    ],
    ['store', summary.store === null ? 'in memory, gone with this process' : `${summary.store} (${summary.backend})`],
  ]);
  return [facts, ...(verification === null ? ['verified nothing'] : formatVerification(verification))].join('\n');
}

function formatVerification(verification: ReplayVerification): string[] {
  const { pairs, verified, reads, pairsTotal, seed, mismatches, logProblems } = verification;
  const lines = mismatches.map(
    ({ path, rev, commit, problem }) => `differs: ${path} at revision ${rev} (${commit}) ${problem}`,
  );
  lines.push(...logProblems.map(({ seq, problem }) => `commit log, entry ${seq}: ${problem}`));
  if (seed !== undefined) {
    lines.push(
      `verification: a sample of ${pairsTotal} (path, commit) pairs; '--verify sample --seed ${seed}' repeats it`,
    );
  } else if (reads < pairs) {
    lines.push(
      `verification: ${reads} reads for ${pairs} (path, commit) pairs, both ends of every span without a change`,
    );
  } else {
    lines.push(`verification: every (path, commit) pair read for itself`);
  }
  return [...lines, `verified ${verified} of ${pairs}`];
}
