import { RestoreFailedError } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import { ArchivesAhead } from './archives-ahead.js';
import { ensureHeld, restoreOnce, type Restoration } from './restoration.js';

/**
 * Fetches the newest of a block, and then the history below it, archive by archive, down to its first revision. The next
 * archive is on its way while one is installed.
 *
 * @throws RestoreFailedError if the callback fails, finds nothing, or brings what is refused; what was installed stays.
 */
export async function restoreHistory(restoration: Restoration, signal: AbortSignal | undefined): Promise<void> {
  const { storage, blockId, restore } = restoration;
  if (restore === undefined) throw new RestoreFailedError(blockId, undefined, 'there is no restore callback');
  const ahead = new ArchivesAhead(storage, restore);
  const walk: Restoration = { ...restoration, restore: ahead.restore };
  try {
    await restoreOnce(walk, { rev: undefined, movesTip: true, signal });
    for (;;) {
      const floor = await floorOf(storage, blockId);
      if (floor === undefined || floor.base === 0) return;
      await ensureHeld(walk, { rev: floor.rev - 1, movesTip: false, signal });
      const reached = await floorOf(storage, blockId);
      if (reached === undefined || reached.rev >= floor.rev)
        throw new RestoreFailedError(blockId, floor.rev - 1, 'the history below it is missing');
    }
  } finally {
    ahead.stop();
  }
}

/** Whether the block is held from its first revision to at least `rev`. */
export async function isHeldWhole(storage: IRawStorage, blockId: string, rev: number): Promise<boolean> {
  const head = await storage.getMetadata(blockId);
  if (head?.latest === undefined || head.latest.rev < rev || head.ranges.length !== 1) return false;
  return (await floorOf(storage, blockId))?.base === 0;
}

/** Where the newest range that is held starts, and what that revision builds on. */
async function floorOf(
  storage: IRawStorage,
  blockId: string,
): Promise<{ rev: number; base: number | undefined } | undefined> {
  const rev = (await storage.getMetadata(blockId))?.ranges.at(-1)?.[0];
  return rev === undefined ? undefined : { rev, base: (await storage.getRevision(blockId, rev))?.base };
}
