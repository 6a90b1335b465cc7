import { toRange, type BlockId, type IBlock, type TrxTransform } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { ArchiveRevisions, NumberedRevision } from '../records.js';
import type { BlockArchive } from './archive.js';
import { isHeld } from './head.js';
import { materialize } from './materialize.js';
import { coverageOf } from './coverage.js';

/** How much history an export takes. */
export type ExportOptions = {
  /** Encoded bytes of the transforms, about; the history below them comes in further archives. */
  bytesMax?: number;
  /** Export nothing at or below this revision that is not needed, because the other side holds it. */
  above?: number;
};

// What a revision takes up beside its transform.
const REVISION_OVERHEAD_BYTES = 200;

/**
 * The history of a block from `rev` (default: the tip) downwards, as far as it is held in one piece and `bytesMax`
 * allows (default: half of {@link Limits.archiveBytesMax}, which leaves room for the copy at the floor). `undefined`
 * where `rev` is not held.
 *
 * @throws CorruptRecordError if the history here is damaged.
 */
export async function exportArchive(
  storage: IRawStorage,
  blockId: BlockId,
  rev: number | undefined,
  options: ExportOptions = {},
): Promise<BlockArchive | undefined> {
  const head = await storage.getMetadata(blockId);
  if (!isHeld(head)) return undefined;
  const asked = rev ?? head.latest.rev;
  const known = await coverageOf(storage, blockId, head, asked);
  // That the block did not exist yet is told by its first revision, which has base 0.
  const top = known.kind === 'absent' ? (head.ranges[0]?.[0] ?? asked) : asked;
  const coverage = known.kind === 'absent' ? await coverageOf(storage, blockId, head, top) : known;
  if (coverage.kind !== 'held') return undefined;
  const bytesMax = options.bytesMax ?? storage.limits.archiveBytesMax / 2;
  const revisions: ArchiveRevisions = {};
  let floor: NumberedRevision | undefined;
  let bytes = 0;
  for await (const revision of storage.listRevisions(blockId, top, coverage.range[0])) {
    const trx = await storage.getTransaction(blockId, revision.trxId);
    if (trx === undefined) return undefined;
    bytes += REVISION_OVERHEAD_BYTES + approximateBytes(trx.transform);
    if (floor !== undefined && bytes > bytesMax) break;
    floor = revision;
    const { trxId, base } = revision;
    const exported: TrxTransform = { trxId, rev: revision.rev, transform: trx.transform };
    revisions[revision.rev] = base === undefined ? { trx: exported } : { trx: exported, base };
    if (options.above !== undefined && base !== undefined && base <= options.above) break;
  }
  if (floor === undefined) return undefined;
  if (floor.base !== 0) {
    const { block } = await materialize(storage, blockId, head, floor.rev);
    const lowest = revisions[floor.rev];
    if (lowest !== undefined && block !== undefined) lowest.block = block;
  }
  const end = top >= head.latest.rev ? undefined : await endOf(storage, blockId, top, coverage.range[1]);
  return { blockId, revisions, range: toRange(floor.rev, end) };
}

/** The next revision above `rev`, or the end of its range: up to there the archive is known to be complete. */
async function endOf(storage: IRawStorage, blockId: BlockId, rev: number, end: number | undefined): Promise<number> {
  for await (const above of storage.listRevisions(blockId, rev + 1, (end ?? Number.MAX_SAFE_INTEGER) - 1, {
    limit: 1,
  })) {
    return above.rev;
  }
  return end ?? rev + 1;
}

function approximateBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 9;
  if (value instanceof Uint8Array) return value.length + 3;
  let bytes = 3;
  for (const [key, child] of Object.entries(value as Record<string, unknown> | IBlock)) {
    bytes += (Array.isArray(value) ? 0 : key.length) + approximateBytes(child);
  }
  return bytes;
}
