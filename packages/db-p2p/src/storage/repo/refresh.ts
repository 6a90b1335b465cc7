import type { BlockId, RepoOptions } from '@blockstrata/db-core';
import { requireLive, type RepoContext } from './call-context.js';

/** Asks for the newest revision of each block, all of them at once; the first failure counts after all were tried. */
export async function refresh(context: RepoContext, blockIds: readonly BlockId[], options: RepoOptions): Promise<void> {
  requireLive(context, options);
  const { signal } = options;
  const refreshed = blockIds.map(blockId => context.blockStorage(blockId).refresh({ signal }));
  for (const outcome of await Promise.allSettled(refreshed)) if (outcome.status === 'rejected') throw outcome.reason;
}
