import { rangeAt, type RevisionRange } from '@blockstrata/db-core';
import type { NumberedRevision, TrxRecord } from '../records.js';
import type { BlockRecords } from './block-history.js';

/** A history with what could be rebuilt of its damaged revision records; `lost` are those that could not. */
export type RebuiltRevisions = {
  readonly records: BlockRecords;
  readonly rebuilt: readonly NumberedRevision[];
  readonly lost: readonly number[];
};

/**
 * Rebuilds damaged revision records from their transactions, which say the same revision. The base is the revision below
 * in the same range, since a range has no holes: its key is there even where its record is damaged.
 */
export function rebuildRevisions(records: BlockRecords, ranges: readonly RevisionRange[]): RebuiltRevisions {
  const damaged = records.damaged.flatMap(({ key }) => (key.kind === 'rev' ? [key.rev] : []));
  if (damaged.length === 0) return { records, rebuilt: [], lost: [] };
  const referred = new Set(records.revisions.map(({ trxId }) => trxId));
  const orphans = new Map<number, [string, TrxRecord]>();
  for (const [trxId, trx] of records.trxs) if (!referred.has(trxId)) orphans.set(trx.rev, [trxId, trx]);
  const known = [...records.revisions.map(({ rev }) => rev), ...damaged].sort((a, b) => a - b);
  const rebuilt: NumberedRevision[] = [];
  const lost: number[] = [];
  for (const rev of damaged) {
    const orphan = orphans.get(rev);
    if (orphan === undefined) lost.push(rev);
    else rebuilt.push(rebuild(rev, orphan, records, baseOf(rev, known, ranges, orphan[1])));
  }
  const revisions = [...records.revisions, ...rebuilt].sort((a, b) => a.rev - b.rev);
  return { records: { ...records, revisions }, rebuilt, lost };
}

function rebuild(
  rev: number,
  [trxId, { transform }]: [string, TrxRecord],
  { copies }: BlockRecords,
  base: number | undefined,
): NumberedRevision {
  const revision: NumberedRevision = { rev, trxId };
  if (base !== undefined) revision.base = base;
  if (copies.has(trxId)) revision.checkpoint = true;
  if (transform.delete === true) revision.deleted = true;
  return revision;
}

function baseOf(
  rev: number,
  known: readonly number[],
  ranges: readonly RevisionRange[],
  { transform }: TrxRecord,
): number | undefined {
  const below = known.findLast(other => other < rev);
  const range = rangeAt(ranges, rev);
  if (below !== undefined && range !== undefined && below >= range[0]) return below;
  return below === undefined && transform.insert !== undefined ? 0 : undefined;
}
