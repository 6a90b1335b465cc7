import {
  contentEquals,
  InvalidArchiveError,
  rangeAt,
  toRange,
  type BlockId,
  type IBlock,
  type RevisionRange,
  type TrxId,
  type TrxRev,
} from '@blockstrata/db-core';
import { nextTurn } from '#platform';
import type { IRawStorage, RawBatch } from '../raw-storage.js';
import type { BlockState } from '../encoded/block-state.js';
import type { BlockMetadata, NumberedRevision, RevisionRecord } from '../records.js';
import { replayArchive, type CheckedArchive, type CheckedRevision } from './checked-archive.js';
import { requireLinks } from './check-links.js';
import { existsAtTip, isHeld, tipRev, withoutPendings } from './head.js';
import { joinRanges } from './join-ranges.js';
import { AT_CHECKPOINT, isCheckpointDue, passed, type SinceCheckpoint } from './retention.js';

// A few milliseconds of work.
const TURN_REVISIONS = 250;
const TURN_BYTES = 1024 * 1024;

/** How far an archive may move a block that is already known. */
export type InstallOptions = {
  /** The highest revision that may become the tip; by default the tip that is held. */
  readonly tipMax?: number | undefined;
  readonly checkpointInterval: number;
};

/** What an installation brought; `newest` is the highest revision of it. */
export type Installed = { readonly newest: TrxRev; readonly revisions: number };

/**
 * Adds to `batch` all revisions of an archive that are not held yet, checked against those that are. Call it under the
 * latch of the block. `undefined`: there was nothing to add.
 *
 * @throws InvalidArchiveError if the archive contradicts what is held (INV-11); `batch` must then be dropped.
 */
export async function planInstall(
  storage: IRawStorage,
  archive: CheckedArchive,
  options: InstallOptions,
  batch: RawBatch,
): Promise<Installed | undefined> {
  const { blockId } = archive;
  const head: BlockMetadata = (await storage.getMetadata(blockId)) ?? { ranges: [] };
  const { held, listed, linked } = await agreeingRevisions(storage, archive, head);
  await requireLinks(storage, archive, head);
  const tipMax = isHeld(head) ? Math.max(head.latest.rev, options.tipMax ?? 0) : Number.MAX_SAFE_INTEGER;
  const brought = archive.revisions.filter(({ rev }) => rev <= tipMax);
  const fresh = new Set(brought.filter(({ rev }) => !held.has(rev)));
  await refuseKnownTransactions(
    storage,
    blockId,
    [...fresh].filter(({ rev }) => !listed.has(rev)),
  );
  const newest = brought.at(-1);
  if (newest === undefined || (fresh.size === 0 && !widens(head, closedAt(archive.range, newest)))) return undefined;
  const tip = newest.rev > tipRev(head) || (newest.rev === tipRev(head) && fresh.has(newest)) ? newest : undefined;
  const planned = await saveRevisions(archive, fresh, listed, tip, options.checkpointInterval, batch);
  for (const { rev, ...revision } of linked) batch.saveRevision(blockId, rev, revision);
  const complete = newest === archive.revisions.at(-1);
  const covered = toRange(archive.range[0], complete ? archive.range[1] : newest.rev + 1);
  const ranges =
    tip === undefined
      ? await joinRanges(storage, archive, head.ranges, closedAt(covered, newest))
      : await joinRanges(storage, archive, closedRanges(head), [covered[0]]);
  if (ranges.length > storage.limits.blockRangesMax) {
    throw new InvalidArchiveError(blockId, `the block would have ${ranges.length} ranges of revisions`);
  }
  let next: BlockMetadata = { ...head, ranges };
  if (tip !== undefined) {
    const supersedes = isHeld(head) && head.latest.rev < tip.rev;
    if (supersedes && existsAtTip(head) && head.checkpoint !== true) {
      batch.deleteMaterializedBlock(blockId, head.latest.trxId);
    }
    next = { ranges, latest: Object.freeze({ trxId: tip.trxId, rev: tip.rev }), ...planned };
    if (head.pendings !== undefined) next.pendings = head.pendings;
  }
  const arrived = new Set<TrxId>();
  for (const { trxId } of fresh) if (head.pendings?.includes(trxId)) arrived.add(trxId);
  for (const trxId of arrived) batch.deletePendingTransaction(blockId, trxId);
  batch.saveMetadata(blockId, withoutPendings(next, arrived));
  return { newest: { trxId: newest.trxId, rev: newest.rev }, revisions: fresh.size };
}

/**
 * The revisions that are listed here in the stretch of the archive, each the same there, and those that are held whole;
 * of the latter, those of which only the archive knows the base, with it.
 */
async function agreeingRevisions(
  storage: IRawStorage,
  archive: CheckedArchive,
  head: BlockMetadata,
): Promise<{ held: ReadonlySet<number>; listed: ReadonlySet<number>; linked: readonly NumberedRevision[] }> {
  const { blockId, revisions, range } = archive;
  const byRev = new Map(revisions.map(revision => [revision.rev, revision]));
  const held = new Set<number>();
  const listed = new Set<number>();
  const linked: NumberedRevision[] = [];
  const top = range[1] === undefined ? Number.MAX_SAFE_INTEGER : range[1] - 1;
  for await (const local of storage.listRevisions(blockId, range[0], top)) {
    const theirs = byRev.get(local.rev);
    listed.add(local.rev);
    // An archive without an end knows nothing of what came after it was made.
    if (theirs === undefined && range[1] === undefined && local.rev > (revisions.at(-1)?.rev ?? 0)) break;
    if (theirs === undefined)
      throw new InvalidArchiveError(blockId, `it lacks revision ${local.rev}, which is held here`);
    // A repair takes what it cannot vouch for out of the ranges: that counts as evidence, but not as held.
    const isWhole = await isSameWhole(storage, blockId, local, theirs);
    if (!isWhole || rangeAt(head.ranges, local.rev) === undefined) continue;
    held.add(local.rev);
    if (local.base === undefined && theirs.base !== undefined) linked.push({ ...local, base: theirs.base });
  }
  if (isHeld(head) && byRev.has(head.latest.rev) && byRev.get(head.latest.rev)?.trxId !== head.latest.trxId) {
    throw new InvalidArchiveError(blockId, `its revision ${head.latest.rev} is not the one that is held here`);
  }
  for (const { rev } of revisions) {
    if (!listed.has(rev) && rev <= tipRev(head) && rangeAt(head.ranges, rev) !== undefined) {
      throw new InvalidArchiveError(blockId, `it has a revision ${rev}, which is known not to exist`);
    }
  }
  return { held, listed, linked };
}

/** Whether a revision is held whole. @throws InvalidArchiveError if it is another one than theirs (INV-4). */
async function isSameWhole(
  storage: IRawStorage,
  blockId: BlockId,
  local: NumberedRevision,
  theirs: CheckedRevision,
): Promise<boolean> {
  const trx = await storage.getTransaction(blockId, local.trxId);
  const sameBase = local.base === undefined || theirs.base === undefined || local.base === theirs.base;
  const sameTransform = trx === undefined || contentEquals(trx.transform, theirs.transform);
  if (local.trxId !== theirs.trxId || !sameBase || !sameTransform) {
    throw new InvalidArchiveError(blockId, `its revision ${local.rev} is not the one that is held here`);
  }
  return trx !== undefined;
}

/** INV-4, INV-5: a transaction that is committed here stays the one it is. */
async function refuseKnownTransactions(
  storage: IRawStorage,
  blockId: BlockId,
  fresh: readonly CheckedRevision[],
): Promise<void> {
  const trxIds = fresh.map(({ trxId }) => trxId);
  const known = trxIds.length === 0 ? [] : await storage.getTransactions(blockId, trxIds);
  const index = known.findIndex(trx => trx !== undefined);
  if (index !== -1) {
    throw new InvalidArchiveError(
      blockId,
      `it commits transaction ${JSON.stringify(trxIds[index])} at another revision`,
    );
  }
}

/** Puts the fresh revisions, with copies at the floor, at checkpoints and at a new tip; returns what the head says of the tip. */
async function saveRevisions(
  archive: CheckedArchive,
  fresh: ReadonlySet<CheckedRevision>,
  listed: ReadonlySet<number>,
  tip: CheckedRevision | undefined,
  checkpointInterval: number,
  batch: RawBatch,
): Promise<Partial<BlockMetadata>> {
  const { blockId } = archive;
  let turn = { revisions: 0, byteLength: batch.byteLength };
  let since: SinceCheckpoint = AT_CHECKPOINT;
  let copyBytes = 0;
  let atTip: Partial<BlockMetadata> = {};
  for (const [revision, block] of replayArchive(archive)) {
    const { rev, trxId, base } = revision;
    // The latch of the block is held; others need not wait.
    if (++turn.revisions > TURN_REVISIONS || batch.byteLength - turn.byteLength > TURN_BYTES) {
      turn = { revisions: 0, byteLength: batch.byteLength };
      await nextTurn();
    }
    if (!fresh.has(revision)) {
      // What is held here keeps its own copies; those above it only need to be near enough to each other.
      since = passed(since, 0);
      continue;
    }
    const before = batch.byteLength;
    const { encoded } = revision;
    const transform = encoded ?? revision.transform;
    if (encoded === undefined) batch.saveTransaction(blockId, trxId, { transform: revision.transform, rev });
    else batch.saveEncodedTransaction(blockId, trxId, encoded, rev);
    const needsNothingBelow = transform.insert !== undefined || !block.exists;
    since = needsNothingBelow ? AT_CHECKPOINT : passed(since, batch.byteLength - before);
    const isFloor = revision === archive.revisions[0] && base !== 0;
    const checkpoint = block.exists && (isFloor || isCheckpointDue(since, copyBytes, checkpointInterval));
    if (block.exists && (checkpoint || revision === tip)) {
      const start = batch.byteLength;
      saveCopy(batch, blockId, trxId, block);
      copyBytes = batch.byteLength - start;
    }
    if (checkpoint) since = AT_CHECKPOINT;
    const record: RevisionRecord = { trxId };
    if (base !== undefined) record.base = base;
    if (checkpoint) record.checkpoint = true;
    if (!block.exists) record.deleted = true;
    batch.saveRevision(blockId, rev, record);
    // What was damaged here may have left a copy behind.
    if (listed.has(rev) && !checkpoint && revision !== tip) batch.deleteMaterializedBlock(blockId, trxId);
    if (revision === tip) {
      atTip = { sinceCheckpoint: since, copyBytes };
      if (checkpoint) atTip.checkpoint = true;
      if (!block.exists) atTip.deleted = true;
    }
  }
  return atTip;
}

function saveCopy(batch: RawBatch, blockId: BlockId, trxId: TrxId, block: BlockState): void {
  const encoded = block.encoded();
  if (encoded === undefined) batch.saveMaterializedBlock(blockId, trxId, block.content() as IBlock);
  else batch.saveEncodedBlock(blockId, trxId, encoded);
}

/**
 * A stretch that brings no new tip must not stay open: only the range of `latest` is. An archive without an end knows of
 * nothing above its newest revision, so the stretch ends there; what is held above is joined to it where it links.
 */
function closedAt([start, end]: RevisionRange, newest: CheckedRevision): [start: number, end: number] {
  return [start, end ?? newest.rev + 1];
}

/** The tip moves: whether what was the open range reaches up to the new one is for the links to show. */
function closedRanges(head: BlockMetadata): RevisionRange[] {
  return head.ranges.map(([start, end]) => [start, end ?? tipRev(head) + 1]);
}

function widens({ ranges }: BlockMetadata, [start, end]: [start: number, end: number]): boolean {
  const held = rangeAt(ranges, start);
  return held === undefined || (held[1] !== undefined && end > held[1]);
}
