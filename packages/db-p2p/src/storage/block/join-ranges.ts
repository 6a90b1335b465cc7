import { toRange, type RevisionRange } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { CheckedArchive } from './checked-archive.js';

/**
 * Ranges with a new stretch among them. Stretches that overlap agree, so they are one. Stretches that lie
 * apart are joined only where the upper one's first base is the lower one's last revision: then nothing lies between.
 */
export async function joinRanges(
  storage: IRawStorage,
  archive: CheckedArchive,
  ranges: readonly RevisionRange[],
  added: RevisionRange,
): Promise<RevisionRange[]> {
  const sorted = [...ranges, added].sort((a, b) => a[0] - b[0]);
  const joined: RevisionRange[] = [];
  for (const range of sorted) {
    const below = joined.at(-1);
    if (below !== undefined && (await adjoin(storage, archive, below, range))) {
      joined[joined.length - 1] = toRange(below[0], later(below[1], range[1]));
    } else {
      joined.push(toRange(range[0], range[1]));
    }
  }
  return Object.freeze(joined.map(range => Object.freeze(range))) as RevisionRange[];
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}

/** Whether nothing lies between two stretches: they overlap, or the upper one builds on the last of the lower one. */
async function adjoin(
  storage: IRawStorage,
  archive: CheckedArchive,
  [start, end]: RevisionRange,
  above: RevisionRange,
): Promise<boolean> {
  if (end === undefined || end > above[0]) return true;
  const brought = archive.revisions;
  const first = brought.find(({ rev }) => rev === above[0]) ?? (await storage.getRevision(archive.blockId, above[0]));
  // Only what lies in the lower stretch: beyond it a repair may have left records that are not held.
  const top = end - 1;
  let last = 0;
  for (const { rev } of brought) if (rev >= start && rev <= top) last = Math.max(last, rev);
  for await (const { rev } of storage.listRevisions(archive.blockId, top, start, { limit: 1 })) {
    last = Math.max(last, rev);
  }
  return last === first?.base;
}
