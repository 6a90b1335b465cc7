import {
  contentEquals,
  CorruptRecordError,
  toRange,
  type BlockId,
  type RevisionRange,
  type TrxRev,
} from '@blockstrata/db-core';
import { pendingsOf } from '../block/head.js';
import { AT_CHECKPOINT } from '../block/retention.js';
import { describeKey } from '../kernel/codec.js';
import type { RawBatch } from '../raw-storage.js';
import type { BlockMetadata, NumberedRevision, RevisionRecord } from '../records.js';
import type { RepoContext } from '../repo/call-context.js';
import { rebuildRevisions } from './rebuild-revisions.js';
import { readBlockRecords, replayHistory, type BlockRecords, type Replayed } from './block-history.js';
import type { Violation } from './report.js';

/** What was mended, and the revisions whose content or transform is lost here. */
export type Mended = { readonly mended: Violation[]; readonly lost: readonly number[] };

/**
 * Rebuilds a block's head and copies from whatever of its history can still be told, in one batch. Damaged records go;
 * what they held is taken out of the ranges, so that it can be restored. The tip never moves back (INV-4).
 */
export async function mendBlock({ storage, coordination }: RepoContext, blockId: BlockId): Promise<Mended> {
  const release = await coordination.latches.acquire([blockId]);
  try {
    const { head, wasDamaged } = await readHead(storage, blockId);
    const found = await readBlockRecords(storage, blockId);
    const { records, rebuilt, lost: lostRevisions } = rebuildRevisions(found, head?.ranges ?? []);
    const mended: Violation[] = wasDamaged ? [{ kind: 'damaged', problem: 'its head was rebuilt', blockId }] : [];
    const batch = storage.batch();
    dropDamaged(blockId, records, batch, mended);
    for (const { rev, ...revision } of rebuilt) {
      batch.saveRevision(blockId, rev, revision);
      mended.push({ kind: 'damaged', problem: 'its record was made anew from its transaction', blockId, rev });
    }
    const newest = records.revisions.at(-1);
    const latest = newest !== undefined && newest.rev > (head?.latest?.rev ?? 0) ? trxRevOf(newest) : head?.latest;
    const history = [...replayHistory(records, latest?.trxId)];
    const { runs, lost } = soundRuns(history, latest);
    for (const run of runs) mendCopies(blockId, run, records, latest, batch, mended);
    dropOrphanCopies(blockId, history, records, latest, batch, mended);
    const next = rebuiltHead(head, runs, records, latest);
    if (!contentEquals(next, head)) {
      batch.saveMetadata(blockId, next);
      if (!wasDamaged)
        mended.push({ kind: 'mismatch', problem: 'its head was brought in line with its records', blockId });
    }
    if (mended.length > 0) await batch.write();
    return { mended, lost: [...lostRevisions, ...lost] };
  } finally {
    release();
  }
}

async function readHead(
  storage: RepoContext['storage'],
  blockId: BlockId,
): Promise<{ head: BlockMetadata | undefined; wasDamaged: boolean }> {
  try {
    return { head: await storage.getMetadata(blockId), wasDamaged: false };
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
    return { head: undefined, wasDamaged: true };
  }
}

function dropDamaged(blockId: BlockId, { damaged }: BlockRecords, batch: RawBatch, mended: Violation[]): void {
  for (const { key, problem } of damaged) {
    if (key.kind === 'rev') batch.deleteRevision(blockId, key.rev);
    else if (key.kind === 'trx') batch.deleteTransaction(blockId, key.trxId);
    else if (key.kind === 'block') batch.deleteMaterializedBlock(blockId, key.trxId);
    else if (key.kind === 'pend') batch.deletePendingTransaction(blockId, key.trxId);
    mended.push({ kind: 'damaged', problem: `removed: ${problem}`, record: describeKey(key), blockId });
  }
}

/** Cuts a history into runs in which every revision links to the one below it and can be told; the rest is lost. */
function soundRuns(history: readonly Replayed[], latest: TrxRev | undefined): { runs: Replayed[][]; lost: number[] } {
  const runs: Replayed[][] = [];
  const lost: number[] = [];
  let current: Replayed[] | undefined;
  for (const replayed of history) {
    if (current !== undefined && replayed.linked && replayed.replays) {
      current.push(replayed);
      continue;
    }
    const { revision, known, replays } = replayed;
    // A floor needs no transform to be read, but one without it cannot be passed on: ask for it.
    if (!replays && !(known && revision.base !== 0 && !replayed.linked)) lost.push(revision.rev);
    current = known ? [replayed] : undefined;
    if (current !== undefined) runs.push(current);
  }
  const top = runs.at(-1)?.at(-1)?.revision.rev;
  if (latest !== undefined && top !== latest.rev && !lost.includes(latest.rev)) lost.push(latest.rev);
  return { runs, lost };
}

/** Puts the copies that a run needs and lacks: at its floor, at its checkpoints, at the tip. */
function mendCopies(
  blockId: BlockId,
  run: readonly Replayed[],
  { copies }: BlockRecords,
  latest: TrxRev | undefined,
  batch: RawBatch,
  mended: Violation[],
): void {
  for (const { revision, block } of run) {
    const { rev, trxId } = revision;
    const isFloor = run[0]?.revision === revision && revision.base !== 0 && block !== undefined;
    if (isFloor && revision.checkpoint !== true) {
      const { rev: _, ...record } = revision;
      batch.saveRevision(blockId, rev, { ...record, checkpoint: true } satisfies RevisionRecord);
      mended.push({ kind: 'hole', problem: 'its copy is kept from now on', blockId, rev });
    }
    const needed = block !== undefined && (isFloor || revision.checkpoint === true || latest?.rev === rev);
    if (!needed || contentEquals(copies.get(trxId), block)) continue;
    batch.saveMaterializedBlock(blockId, trxId, block);
    mended.push({ kind: 'missing', problem: 'its copy was made anew from its history', blockId, rev, trxId });
  }
}

function dropOrphanCopies(
  blockId: BlockId,
  history: readonly Replayed[],
  { copies }: BlockRecords,
  latest: TrxRev | undefined,
  batch: RawBatch,
  mended: Violation[],
): void {
  const needed = new Set(latest === undefined ? [] : [latest.trxId]);
  for (const { revision, known, linked } of history) {
    if (revision.checkpoint === true || (known && !linked)) needed.add(revision.trxId);
  }
  for (const trxId of copies.keys()) {
    if (needed.has(trxId)) continue;
    batch.deleteMaterializedBlock(blockId, trxId);
    mended.push({ kind: 'orphan', problem: 'a copy that nothing refers to was removed', blockId, trxId });
  }
}

function rebuiltHead(
  head: BlockMetadata | undefined,
  runs: readonly Replayed[][],
  { pendings, revisions }: BlockRecords,
  latest: TrxRev | undefined,
): BlockMetadata {
  const ranges = runs.map((run): RevisionRange => {
    const start = run[0]?.revision.rev ?? 0;
    const top = run.at(-1)?.revision.rev ?? start;
    if (top === latest?.rev) return [start];
    const known = head?.ranges.find(range => range[0] <= top && range[1] !== undefined && range[1] > top);
    const next = revisions.find(({ rev }) => rev > top)?.rev;
    return toRange(start, Math.min(known?.[1] ?? top + 1, next ?? Number.MAX_SAFE_INTEGER));
  });
  const tip = runs.at(-1)?.at(-1);
  const listed = pendingsOf(head).filter(trxId => pendings.has(trxId));
  const unlisted = [...pendings].filter(([trxId]) => !listed.includes(trxId)).sort(([, a], [, b]) => a.time - b.time);
  const next: BlockMetadata = { ...head, ranges };
  if (latest !== undefined) next.latest = latest;
  if (tip !== undefined && tip.revision.rev === latest?.rev) {
    const isFloor = runs.at(-1)?.[0] === tip && tip.revision.base !== 0;
    setFlag(next, 'deleted', tip.block === undefined);
    setFlag(next, 'checkpoint', tip.block !== undefined && (tip.revision.checkpoint === true || isFloor));
    next.sinceCheckpoint ??= AT_CHECKPOINT;
  }
  delete next.pendings;
  if (listed.length + unlisted.length > 0) next.pendings = [...listed, ...unlisted.map(([trxId]) => trxId)];
  return next;
}

function setFlag(head: BlockMetadata, flag: 'deleted' | 'checkpoint', value: boolean): void {
  if (value) head[flag] = true;
  else delete head[flag];
}

function trxRevOf({ trxId, rev }: NumberedRevision): TrxRev {
  return { trxId, rev };
}
