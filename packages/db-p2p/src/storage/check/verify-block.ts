import { contentEquals, rangeAt, type BlockId } from '@blockstrata/db-core';
import { pendingsOf, quoted } from '../block/head.js';
import { describeKey } from '../kernel/codec.js';
import type { BlockMetadata } from '../records.js';
import { replayHistory, type BlockRecords, type Replayed } from './block-history.js';
import type { Violation, ViolationKind } from './report.js';

type Report = (violation: Violation) => void;

/** Checks that a block's head and records say the same, and that every copy is what its history yields. */
export function verifyBlock(blockId: BlockId, head: BlockMetadata, records: BlockRecords, report: Report): void {
  for (const { key, problem } of records.damaged) {
    report({ kind: 'damaged', problem, record: describeKey(key), blockId });
  }
  const lowest = new Set(head.ranges.map(([start]) => start));
  const copies = new Set(records.copies.keys());
  const trxs = new Set(records.trxs.keys());
  for (const replayed of replayHistory(records, head.latest?.trxId)) {
    const { trxId } = replayed.revision;
    verifyRevision(blockId, head, records, replayed, lowest.has(replayed.revision.rev), report);
    trxs.delete(trxId);
    if (replayed.revision.checkpoint === true || trxId === head.latest?.trxId) copies.delete(trxId);
  }
  verifyHead(blockId, head, records, report);
  for (const trxId of copies) report({ kind: 'orphan', problem: 'a copy that nothing refers to', blockId, trxId });
  for (const trxId of trxs)
    report({ kind: 'orphan', problem: 'a transaction that no revision refers to', blockId, trxId });
  const listed = new Set(pendingsOf(head));
  for (const trxId of records.pendings.keys()) {
    if (!listed.delete(trxId))
      report({ kind: 'orphan', problem: 'a pending transaction that the head does not list', blockId, trxId });
    if (records.trxs.has(trxId))
      report({ kind: 'mismatch', problem: 'a transaction is pending and committed', blockId, trxId });
  }
  const damagedPendings = new Set(records.damaged.map(({ key }) => (key.kind === 'pend' ? key.trxId : undefined)));
  for (const trxId of listed) {
    if (!damagedPendings.has(trxId))
      report({ kind: 'missing', problem: 'the record of a pending transaction', blockId, trxId });
  }
}

function verifyRevision(
  blockId: BlockId,
  head: BlockMetadata,
  records: BlockRecords,
  { revision, known, block, replays, linked }: Replayed,
  isFloor: boolean,
  report: Report,
): void {
  const { rev, trxId, base } = revision;
  const say = (kind: ViolationKind, problem: string) => report({ kind, problem, blockId, rev, trxId });
  if (rangeAt(head.ranges, rev) === undefined)
    say('hole', 'the revision is listed, but lies outside the ranges that are held');
  const trx = records.trxs.get(trxId);
  if (trx === undefined) say('missing', 'the transaction of the revision');
  else if (trx.rev !== rev) say('mismatch', `its transaction says revision ${trx.rev}`);
  if (!linked && !isFloor) say('hole', `its base ${base ?? 'is unknown, and'} is not the revision below it`);
  if (!known) say('hole', 'its content cannot be told from what is held');
  else if (!replays && !isFloor && trx !== undefined)
    say('mismatch', 'its transform does not apply to the revision below it');
  const isTip = head.latest?.rev === rev;
  const copy = records.copies.get(trxId);
  if (revision.checkpoint === true || (isTip && block !== undefined)) {
    if (copy === undefined) say('missing', 'the copy at the revision');
    else if (replays && !contentEquals(copy, block)) say('mismatch', 'the copy is not what its history yields');
  }
  if (known && replays && (block === undefined) !== (revision.deleted === true))
    say('mismatch', 'it is marked deleted wrongly');
}

function verifyHead(blockId: BlockId, head: BlockMetadata, { revisions }: BlockRecords, report: Report): void {
  const say = (kind: ViolationKind, problem: string, rev?: number) =>
    report(rev === undefined ? { kind, problem, blockId } : { kind, problem, blockId, rev });
  const byRev = new Map(revisions.map(revision => [revision.rev, revision]));
  const newest = revisions.at(-1);
  if (newest !== undefined && newest.rev !== head.latest?.rev) {
    say('mismatch', `the head says revision ${head.latest?.rev ?? 'none'}, and ${newest.rev} is held`, newest.rev);
  }
  if (head.latest !== undefined && byRev.get(head.latest.rev)?.trxId !== head.latest.trxId) {
    say('missing', 'the newest revision, which the head names', head.latest.rev);
  }
  if (head.latest !== undefined && rangeAt(head.ranges, head.latest.rev) === undefined) {
    say(
      'hole',
      `the newest revision of block ${quoted(blockId)} lies outside the ranges that are held`,
      head.latest.rev,
    );
  }
  head.ranges.forEach(([start, end], i) => {
    const floor = byRev.get(start);
    if (floor === undefined) say('missing', 'the revision at the floor of a range', start);
    else if (floor.base !== 0 && floor.checkpoint !== true && floor.deleted !== true) {
      say('hole', 'the floor of a range has neither base 0 nor a kept copy', start);
    }
    if (end === undefined && i !== head.ranges.length - 1)
      say('mismatch', 'a range other than the last is open', start);
    const next = head.ranges[i + 1];
    if (end !== undefined && next !== undefined && end > next[0]) say('mismatch', 'two ranges overlap', start);
  });
}
