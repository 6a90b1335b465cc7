import { RestoreFailedError, type BlockId } from '@blockstrata/db-core';
import type { RestoreCallback } from '../../storage/block/archive.js';
import { BlockStorage } from '../../storage/block/block-storage.js';
import type { IRawStorage } from '../../storage/raw-storage.js';

/** Whether the block is held from its first revision to at least `rev`. */
export async function isCopied(storage: IRawStorage, blockId: BlockId, rev: number): Promise<boolean> {
  const head = await storage.getMetadata(blockId);
  if (head?.latest === undefined || head.latest.rev < rev || head.ranges.length !== 1) return false;
  return (await firstBase(storage, blockId, head.ranges[0]?.[0])) === 0;
}

/** Fetches the newest of a block, and then the history below it, archive by archive, down to its first revision. */
export async function copyHistory(
  storage: IRawStorage,
  blockId: BlockId,
  restore: RestoreCallback,
  signal: AbortSignal,
): Promise<void> {
  const block = new BlockStorage(blockId, storage, restore);
  await block.refresh({ signal });
  for (;;) {
    const floor = (await storage.getMetadata(blockId))?.ranges.at(-1)?.[0];
    if (floor === undefined || (await firstBase(storage, blockId, floor)) === 0) return;
    await block.ensureRevision(floor - 1, { signal });
    const reached = (await storage.getMetadata(blockId))?.ranges.at(-1)?.[0];
    if (reached === undefined || reached >= floor)
      throw new RestoreFailedError(blockId, floor - 1, 'the history below it is missing');
  }
}

async function firstBase(
  storage: IRawStorage,
  blockId: BlockId,
  floor: number | undefined,
): Promise<number | undefined> {
  return floor === undefined ? undefined : (await storage.getRevision(blockId, floor))?.base;
}
