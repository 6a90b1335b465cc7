import { InvalidArchiveError, RestoreFailedError, StoreClosedError, type BlockId } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { RestoreCallback } from './archive.js';
import { checkArchive } from './check-archive.js';
import { coordinationOf, type Coordination } from './coordination.js';
import { coverageOf, type Coverage } from './coverage.js';
import { planInstall } from './install-archive.js';
import { isHeld } from './head.js';

/** The wait before the second try of a restoration that failed; it doubles with each failure. */
export const RESTORE_BACKOFF_MS_MIN = 100;

/** The longest wait between two tries of a restoration. */
export const RESTORE_BACKOFF_MS_MAX = 60_000;

/** How a block's history is completed from elsewhere. */
export type Restoration = {
  readonly storage: IRawStorage;
  readonly blockId: BlockId;
  readonly restore: RestoreCallback | undefined;
  readonly checkpointInterval: number;
};

/** What a restoration is asked for. */
export type RestoreAsk = {
  /** The revision to cover; `undefined`: the newest there is. */
  readonly rev: number | undefined;
  /** The restoration may move the tip forward, to `rev`, or without a `rev` to wherever it is. */
  readonly movesTip: boolean;
  /** Ask even for what seems to be held: a repair knows that it is not held whole. */
  readonly refetch?: boolean;
  readonly signal: AbortSignal | undefined;
};

/**
 * Sees to it that `rev` is held or known to be absent, and says which; asks the callback only for what is not. Without a
 * callback what is unknown stays unknown.
 *
 * @throws RestoreFailedError if the callback failed, found nothing, or brought what was refused; again at once until its
 * back-off has passed.
 */
export async function ensureHeld(restoration: Restoration, ask: RestoreAsk & { rev: number }): Promise<Coverage> {
  const { storage, blockId, restore } = restoration;
  const known = await knownCoverage(restoration, ask);
  if (restore === undefined || (known.kind !== 'unknown' && ask.refetch !== true)) return known;
  await restoreOnce(restoration, ask);
  const restored = await coverageOf(storage, blockId, await storage.getMetadata(blockId), ask.rev);
  if (restored.kind === 'unknown') throw new RestoreFailedError(blockId, ask.rev, 'what came does not cover it');
  return restored;
}

async function knownCoverage({ storage, blockId }: Restoration, ask: RestoreAsk & { rev: number }): Promise<Coverage> {
  const head = await storage.getMetadata(blockId);
  if (ask.movesTip && isHeld(head) && ask.rev > head.latest.rev) return { kind: 'unknown' };
  return coverageOf(storage, blockId, head, ask.rev);
}

/** Fetches, checks and installs one archive; concurrent asks share the call, and failures back off. */
export async function restoreOnce(restoration: Restoration, ask: RestoreAsk): Promise<void> {
  const { storage, blockId, restore } = restoration;
  if (restore === undefined) throw new RestoreFailedError(blockId, ask.rev, 'there is no restore callback');
  const coordination = coordinationOf(storage);
  refuseTooSoon(coordination, restoration, ask);
  const key = `${ask.movesTip ? 'tip' : 'history'} ${ask.rev ?? 'newest'} ${blockId}`;
  const signals = ask.signal === undefined ? [storage.closing] : [storage.closing, ask.signal];
  await coordination.restorations.run(key, signals, async signal => {
    try {
      await fetchAndInstall(restoration, restore, ask, signal);
      coordination.restoreFailures.delete(blockId);
    } catch (error) {
      if (signal.aborted || error instanceof StoreClosedError) throw error;
      throw remember(coordination, restoration, ask, error);
    }
  });
}

async function fetchAndInstall(
  { storage, blockId, checkpointInterval }: Restoration,
  restore: RestoreCallback,
  { rev, movesTip }: RestoreAsk,
  signal: AbortSignal,
): Promise<void> {
  const archive = await restore(blockId, rev, { signal });
  signal.throwIfAborted();
  if (archive === undefined) throw new RestoreFailedError(blockId, rev, 'nobody has it, or nobody answered');
  const checked = checkArchive(archive, blockId, rev, storage.limits);
  const { latches } = coordinationOf(storage);
  const release = await latches.acquire([blockId]);
  try {
    const batch = storage.batch();
    const tipMax = movesTip ? (rev ?? Number.MAX_SAFE_INTEGER) : undefined;
    const installed = await planInstall(storage, checked, { tipMax, checkpointInterval }, batch);
    if (installed === undefined) return;
    if (batch.byteLength > 2 * storage.limits.archiveBytesMax) {
      throw new InvalidArchiveError(blockId, `it takes up ${batch.byteLength} bytes`);
    }
    batch.appendLog({ kind: 'restore', ...installed.newest, blockIds: [blockId], time: storage.clock.now() });
    await batch.write({ signal });
  } finally {
    release();
    coordinationOf(storage).pendQueue.notify([blockId]);
  }
}

function refuseTooSoon(
  { restoreFailures }: Coordination,
  { storage, blockId }: Restoration,
  { rev }: RestoreAsk,
): void {
  const failure = restoreFailures.get(blockId);
  if (failure === undefined) return;
  const waitMs = failure.retryAt - storage.clock.now();
  if (waitMs > 0) {
    throw new RestoreFailedError(blockId, rev, `it failed before, next try in ${Math.ceil(waitMs)} ms`, {
      cause: failure.error,
    });
  }
}

function remember(
  { restoreFailures }: Coordination,
  { storage, blockId }: Restoration,
  { rev }: RestoreAsk,
  cause: unknown,
): RestoreFailedError {
  const error =
    cause instanceof RestoreFailedError ? cause : new RestoreFailedError(blockId, rev, problemOf(cause), { cause });
  const failures = (restoreFailures.get(blockId)?.failures ?? 0) + 1;
  const ceilingMs = Math.min(RESTORE_BACKOFF_MS_MAX, RESTORE_BACKOFF_MS_MIN * 2 ** (failures - 1));
  // Jitter keeps the blocks of one lost peer from asking all at the same moment.
  const delayMs = ceilingMs * (0.5 + storage.randomness.next() / 2);
  restoreFailures.set(blockId, { error, failures, retryAt: storage.clock.now() + delayMs });
  storage.logger.forComponent('blockstrata:restore').error('%s', error);
  return error;
}

function problemOf(cause: unknown): string {
  return cause instanceof InvalidArchiveError ? cause.message : 'the restore callback failed';
}
