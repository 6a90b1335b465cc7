import {
  applyTransform,
  CorruptRecordError,
  RestoreFailedError,
  TransformError,
  type BlockId,
  type CheckedGets,
  type GetBlockResult,
  type IBlock,
  type RepoOptions,
  type Transform,
  type TrxRev,
  type Unavailable,
} from '@blockstrata/db-core';
import { coverageOf } from '../block/coverage.js';
import { isHeld, pendingsOf } from '../block/head.js';
import { materialize } from '../block/materialize.js';
import type { MaybePromise } from '../driver/store-driver.js';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata } from '../records.js';
import { requireLive, type RepoContext } from './call-context.js';
import { asksForTips, getTips } from './get-tips.js';

/** A transaction that a reader wants applied was cancelled while it read: the cut is gone, and a new one is needed. */
class CutLost extends Error {}

// A cut is lost only to a cancel in the middle of a read, so a few more tries always do.
const CUT_ATTEMPTS_MAX = 100;

/** `heldOnly`: ask nobody for what is missing. */
type GetOptions = RepoOptions & { readonly heldOnly?: boolean };

type Results = Record<BlockId, GetBlockResult>;

/** Reads blocks as one consistent cut; writes no history, restoration apart. Tips that are at hand come at once. */
export function get(context: RepoContext, gets: CheckedGets, options: GetOptions): MaybePromise<Results> {
  if (context.restoreUnknown || !asksForTips(gets)) return getAny(context, gets, options);
  requireLive(context, options);
  const tips = getTips(context.storage, gets);
  if (tips instanceof Promise) return tips.then(results => results ?? getAny(context, gets, options));
  return tips ?? getAny(context, gets, options);
}

/** The same from what is held, asking nobody for what is missing. */
export function getHeld(context: RepoContext, gets: CheckedGets, options: RepoOptions): MaybePromise<Results> {
  return get(context, gets, { ...options, heldOnly: true });
}

async function getAny(context: RepoContext, gets: CheckedGets, options: GetOptions): Promise<Results> {
  const { storage } = context;
  for (let attempt = 1; ; attempt++) {
    requireLive(context, options);
    try {
      const failed = await restoreMissing(context, gets, options);
      const heads = await readHeads(storage, gets.blockIds);
      const results = nullRecord<GetBlockResult>();
      for (let i = 0; i < gets.blockIds.length; i++) {
        const blockId = gets.blockIds[i] ?? '';
        const result = await readBlock(context, gets, blockId, heads[i]);
        results[blockId] =
          failed.has(blockId) && result.rev === undefined ? { ...result, unavailable: 'restore-failed' } : result;
      }
      return results;
    } catch (error) {
      if (!(error instanceof CutLost) || attempt === CUT_ATTEMPTS_MAX) throw error;
    }
  }
}

/** A head that is damaged belongs to a block that exists, and its siblings are served (INV-6). */
async function readHeads(
  storage: IRawStorage,
  blockIds: readonly BlockId[],
): Promise<readonly (BlockMetadata | CorruptRecordError | undefined)[]> {
  try {
    return await storage.getMetadataMany(blockIds);
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
    const damaged = new Map<BlockId, CorruptRecordError>();
    for (const blockId of blockIds) {
      await storage.getMetadata(blockId).catch((damage: unknown) => {
        if (!(damage instanceof CorruptRecordError)) throw damage;
        damaged.set(blockId, damage);
      });
    }
    const sound = blockIds.filter(blockId => !damaged.has(blockId));
    const heads = new Map((await storage.getMetadataMany(sound)).map((head, i) => [sound[i], head]));
    return blockIds.map(blockId => damaged.get(blockId) ?? heads.get(blockId));
  }
}

async function readBlock(
  context: RepoContext,
  gets: CheckedGets,
  blockId: BlockId,
  head: BlockMetadata | CorruptRecordError | undefined,
): Promise<GetBlockResult> {
  if (head instanceof CorruptRecordError) return unavailable(context, {}, 'unmaterializable', head);
  const view = viewOf(gets, head);
  try {
    const found = isHeld(head) ? await readPinned(context, blockId, head, gets.rev) : ABSENT;
    if (found === 'unknown') return { state: view.state, unavailable: failedFor(context, blockId) };
    let { block, rev } = found;
    for (const { trxId, rev: committedRev } of view.committed) {
      block = applyTransform(block, await pendingTransform(context, blockId, trxId));
      rev = committedRev;
    }
    if (view.overlay !== undefined)
      block = applyTransform(block, await pendingTransform(context, blockId, view.overlay));
    const result: GetBlockResult = { state: view.state };
    if (block !== undefined) result.block = block;
    if (rev !== undefined) result.rev = rev;
    return result;
  } catch (error) {
    if (error instanceof CorruptRecordError || error instanceof TransformError) {
      return unavailable(context, view.state, 'unmaterializable', error);
    }
    throw error;
  }
}

type View = { state: GetBlockResult['state']; committed: readonly TrxRev[]; overlay: string | undefined };

/** What the caller's context makes of a head: which pendings read as committed, which one is laid over them. */
function viewOf(gets: CheckedGets, head: BlockMetadata | undefined): View {
  const pendings = pendingsOf(head);
  const state: GetBlockResult['state'] = head?.latest === undefined ? {} : { latest: head.latest };
  const above = head?.latest?.rev ?? 0;
  const committed = gets.committed
    .filter(({ trxId, rev }) => rev > above && pendings.includes(trxId))
    .sort((a, b) => a.rev - b.rev)
    // Named twice, it still happened once.
    .filter(({ trxId }, i, sorted) => sorted.findIndex(entry => entry.trxId === trxId) === i);
  const newest = committed.at(-1);
  if (newest !== undefined) state.latest = newest;
  const left = pendings.filter(trxId => !committed.some(entry => entry.trxId === trxId));
  if (left.length > 0) state.pendings = [...left];
  const overlay = gets.trxId !== undefined && left.includes(gets.trxId) ? gets.trxId : undefined;
  return { state, committed: committed.filter(({ rev }) => gets.rev === undefined || rev <= gets.rev), overlay };
}

type Found = { readonly block: IBlock | undefined; readonly rev: number | undefined };

const ABSENT: Found = { block: undefined, rev: undefined };

async function readPinned(
  { storage }: RepoContext,
  blockId: BlockId,
  head: BlockMetadata & { latest: TrxRev },
  pin: number | undefined,
): Promise<Found | 'unknown'> {
  // The cut is what the head says: a commit that lands while it is read must not show.
  const rev = pin === undefined ? head.latest.rev : Math.min(pin, head.latest.rev);
  if (rev < head.latest.rev) {
    const coverage = await coverageOf(storage, blockId, head, rev);
    if (coverage.kind === 'absent') return ABSENT;
    if (coverage.kind === 'unknown') return 'unknown';
  }
  return materialize(storage, blockId, head, rev);
}

async function pendingTransform({ storage }: RepoContext, blockId: BlockId, trxId: string): Promise<Transform> {
  const pending = await storage.getPendingTransaction(blockId, trxId);
  if (pending !== undefined) return pending.transform;
  const committed = await storage.getTransaction(blockId, trxId);
  if (committed !== undefined) return committed.transform;
  if (!pendingsOf(await storage.getMetadata(blockId)).includes(trxId)) throw new CutLost();
  throw new CorruptRecordError(`pending transaction ${JSON.stringify(trxId)}`, 'its record is gone');
}

const NONE: ReadonlySet<BlockId> = new Set();

/** Restores what a read lacks, before the cut is taken; returns the blocks for which that failed. */
async function restoreMissing(
  context: RepoContext,
  gets: CheckedGets,
  { signal, heldOnly }: GetOptions,
): Promise<ReadonlySet<BlockId>> {
  if (heldOnly === true || (gets.rev === undefined && !context.restoreUnknown)) return NONE;
  const heads = await readHeads(context.storage, gets.blockIds);
  const failed = new Set<BlockId>();
  const asks: Promise<unknown>[] = [];
  const ask = async (blockId: BlockId, restored: Promise<unknown>) => {
    try {
      await restored;
    } catch (error) {
      if (!(error instanceof RestoreFailedError || error instanceof CorruptRecordError)) throw error;
      failed.add(blockId);
    }
  };
  gets.blockIds.forEach((blockId, i) => {
    const head = heads[i];
    if (head instanceof CorruptRecordError) return;
    const blockStorage = context.blockStorage(blockId);
    if (!blockStorage.restores) return;
    if (!isHeld(head)) {
      if (!context.restoreUnknown) return;
      const { rev } = gets;
      asks.push(
        ask(
          blockId,
          rev === undefined ? blockStorage.refresh({ signal }) : blockStorage.ensureRevision(rev, { signal }),
        ),
      );
    } else if (gets.rev !== undefined && gets.rev < head.latest.rev) {
      asks.push(ask(blockId, blockStorage.ensureRevision(gets.rev, { signal })));
    }
  });
  await Promise.all(asks);
  return failed;
}

function failedFor(context: RepoContext, blockId: BlockId): Unavailable {
  return context.blockStorage(blockId).restores ? 'restore-failed' : 'unmaterializable';
}

function unavailable(
  { log }: RepoContext,
  state: GetBlockResult['state'],
  why: Unavailable,
  error: Error,
): GetBlockResult {
  log.error('a block could not be read: %s', error);
  return { state, unavailable: why };
}

function nullRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
