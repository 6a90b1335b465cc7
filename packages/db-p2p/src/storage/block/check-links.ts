import { InvalidArchiveError, rangeAt } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata } from '../records.js';
import type { CheckedArchive } from './checked-archive.js';
import { tipRev } from './head.js';

/**
 * Checks both ends of an archive against what is held beside it: between a revision and its base there is none, here
 * as there (INV-4, INV-11).
 *
 * @throws InvalidArchiveError
 */
export async function requireLinks(storage: IRawStorage, archive: CheckedArchive, head: BlockMetadata): Promise<void> {
  await requireLinkBelow(storage, archive, head);
  await requireLinkAbove(storage, archive);
}

async function requireLinkBelow(storage: IRawStorage, archive: CheckedArchive, head: BlockMetadata): Promise<void> {
  const { blockId, revisions } = archive;
  const { rev, base } = revisions[0];
  if (base === undefined) return;
  let found = 0;
  for await (const below of storage.listRevisions(blockId, rev - 1, base, { limit: 1 })) found = below.rev;
  if (found > base) {
    throw new InvalidArchiveError(blockId, `its revision ${rev} builds on ${base}, and ${found} is held here`);
  }
  // Above the tip the open range knows of nothing, be it there or not.
  const isKnown = base > 0 && base <= tipRev(head) && rangeAt(head.ranges, base) !== undefined;
  if (isKnown && found === 0) {
    throw new InvalidArchiveError(blockId, `its revision ${rev} builds on ${base}, which is known not to exist`);
  }
}

async function requireLinkAbove(storage: IRawStorage, { blockId, revisions, range }: CheckedArchive): Promise<void> {
  const last = revisions.at(-1)?.rev ?? 0;
  if (last === Number.MAX_SAFE_INTEGER) return;
  const above = storage.listRevisions(blockId, last + 1, Number.MAX_SAFE_INTEGER, { limit: 1 });
  for await (const { rev, base } of above) {
    if (base === undefined || base === last) return;
    if (base < (range[1] ?? last)) {
      throw new InvalidArchiveError(
        blockId,
        `revision ${rev}, which is held here, builds on ${base}: it has none there`,
      );
    }
  }
}
