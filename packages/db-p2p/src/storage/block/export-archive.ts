import { toRange, type BlockId, type TrxTransform } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockArchive } from './archive.js';
import { openHistory } from './read-history.js';

/** How much history an export takes. */
export type ExportOptions = {
  /** Encoded bytes of the transforms, about; the history below them comes in further archives. */
  bytesMax?: number;
  /** Export nothing at or below this revision that is not needed, because the other side holds it. */
  above?: number;
};

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
  const { bytesMax = storage.limits.archiveBytesMax / 2, above } = options;
  const history = await openHistory(storage, blockId, rev, { bytesMax, above });
  if (history === undefined) return undefined;
  const revisions: BlockArchive['revisions'] = {};
  let floor: number | undefined;
  for await (const page of history.pages()) {
    for (const { rev: number, base, trxId, transform, block } of page) {
      const trx: TrxTransform = { trxId, rev: number, transform };
      const revision: BlockArchive['revisions'][number] = base === undefined ? { trx } : { trx, base };
      if (block !== undefined) revision.block = block;
      revisions[number] = revision;
      floor = number;
    }
  }
  return floor === undefined ? undefined : { blockId, revisions, range: toRange(floor, history.end) };
}
