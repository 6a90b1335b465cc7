import { CorruptRecordError, RestoreFailedError, TransformError, type BlockId } from '@blockstrata/db-core';
import type { DriverLoss } from '../driver/store-driver.js';
import type { IRawStorage } from '../raw-storage.js';
import type { RepoContext } from '../repo/call-context.js';
import { mendBlock } from './mend-block.js';
import type { CheckOptions, RecoverReport, Violation } from './report.js';
import { verify } from './verify.js';

/** Opens the store, accepting what is provably lost; mends each block that has violations; checks again. */
export async function recover(context: RepoContext, options: CheckOptions): Promise<RecoverReport> {
  const losses = await openSalvaging(context.storage);
  const found = await verify(context, options);
  const mended: Violation[] = [];
  const blocks = new Set<BlockId>();
  for (const { blockId } of found.violations) if (blockId !== undefined) blocks.add(blockId);
  let done = 0;
  for (const blockId of blocks) {
    options.signal?.throwIfAborted();
    mended.push(...(await mendOne(context, blockId, options)));
    options.onProgress?.({ phase: 'mending', done: ++done, total: blocks.size });
  }
  return { mended, losses, remaining: await verify(context, options) };
}

// Damage that only a look through all of the engine's files finds is given up by opening the store once more.
async function openSalvaging(storage: IRawStorage): Promise<readonly DriverLoss[]> {
  const { losses } = await storage.open({ salvage: true });
  if ((await storage.inspectEngine()).length === 0) return losses;
  await storage.close();
  return (await storage.open({ salvage: true })).losses;
}

/** Mends a block from what is held, then asks peers for what that left out. */
async function mendOne(context: RepoContext, blockId: BlockId, { signal }: CheckOptions): Promise<Violation[]> {
  const { mended, lost } = await mendBlock(context, blockId);
  const blockStorage = context.blockStorage(blockId);
  if (!blockStorage.restores) return mended;
  for (const rev of lost) {
    try {
      await blockStorage.ensureRevision(rev, { refetch: true, signal });
      mended.push({ kind: 'hole', problem: 'restored from peers', blockId, rev });
    } catch (error) {
      const expected =
        error instanceof RestoreFailedError || error instanceof CorruptRecordError || error instanceof TransformError;
      if (!expected) throw error;
      context.log.error('revision %d of block %s stays lost: %s', rev, blockId, error);
    }
  }
  return mended;
}
