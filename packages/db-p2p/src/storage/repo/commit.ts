import {
  InvalidRequestError,
  RestoreFailedError,
  TransformError,
  type BlockId,
  type CheckedTrxBlocks,
  type CommitResult,
  type IBlock,
  type RepoFailure,
  type RepoOptions,
} from '@blockstrata/db-core';
import { isHeld, pendingsOf, quoted, tipRev } from '../block/head.js';
import { materialize } from '../block/materialize.js';
import { planCommit } from '../block/plan-commit.js';
import type { MaybePromise } from '../driver/store-driver.js';
import type { RawBatch } from '../raw-storage.js';
import type { BlockMetadata, PendingRecord } from '../records.js';
import { isExpired, type RepoContext } from './call-context.js';
import { refusal, staleRefusal } from './failure.js';

/** A commit that was checked. */
export type CheckedCommit = CheckedTrxBlocks & { readonly rev: number };

/** A block whose tip lies behind the base of what is to be committed. */
type Lacking = { readonly kind: 'lacking'; readonly blockId: BlockId; readonly base: number };

type Ready = {
  readonly kind: 'ready';
  readonly blockId: BlockId;
  readonly head: BlockMetadata;
  readonly pending: PendingRecord;
};

type Stale = { readonly kind: 'stale'; readonly failure: RepoFailure };

type Examined = 'committed' | 'missing' | Lacking | Ready | Stale;

type Outcome = CommitResult | Lacking;

/** Commits a pending transaction on all blocks of the call in one batch, or says why not (INV-2, INV-8). */
export async function commit(
  context: RepoContext,
  request: CheckedCommit,
  options: RepoOptions,
): Promise<CommitResult> {
  const restored = new Set<BlockId>();
  for (;;) {
    options.signal?.throwIfAborted();
    const latching = context.coordination.latches.acquire(request.blockIds);
    const release = latching instanceof Promise ? await latching : latching;
    let outcome: Outcome;
    try {
      if (isExpired(context, options)) return refusal('expired', 'the request expired before it could be committed');
      outcome = await attempt(context, request, options);
    } finally {
      release();
    }
    if (!('kind' in outcome)) return outcome;
    if (restored.has(outcome.blockId)) return lacksBase(outcome);
    restored.add(outcome.blockId);
    // Nothing waits for the network under a latch: fetch without it, then check everything again.
    await fetchBase(context, outcome, options);
  }
}

async function attempt(context: RepoContext, request: CheckedCommit, options: RepoOptions): Promise<Outcome> {
  const { storage } = context;
  const { trxId, rev, blockIds } = request;
  const reading = storage.getMetadataMany(blockIds);
  const heads = reading instanceof Promise ? await reading : reading;
  const ready: Ready[] = [];
  let missing: BlockId | undefined;
  let lacking: Lacking | undefined;
  for (let i = 0; i < blockIds.length; i++) {
    const blockId = blockIds[i] ?? '';
    const examining = examine(context, request, blockId, heads[i]);
    const found = examining instanceof Promise ? await examining : examining;
    if (found === 'committed') continue;
    if (found === 'missing') missing ??= blockId;
    else if (found.kind === 'lacking') lacking ??= found;
    else if (found.kind === 'ready') ready.push(found);
    else return found.failure;
  }
  if (missing !== undefined) {
    return refusal('missing-pend', `transaction ${quoted(trxId)} is not pending on block ${quoted(missing)}`);
  }
  if (lacking !== undefined) return lacking;
  if (ready.length === 0) return { success: true };
  const batch = storage.batch();
  for (const block of ready) {
    const planning = plan(context, request, block, batch);
    const refused = planning instanceof Promise ? await planning : planning;
    if (refused !== undefined) return refused;
    if (batch.byteLength > storage.limits.callBytesMax) {
      const problem = `their records take up more than ${storage.limits.callBytesMax} bytes: commit them in several calls`;
      throw new InvalidRequestError('blockIds', problem);
    }
  }
  const committed = ready.map(({ blockId }) => blockId);
  batch.appendLog({ kind: 'commit', trxId, rev, blockIds: committed, time: storage.clock.now() });
  const entries = await batch.write(options);
  context.coordination.pendQueue.notify(committed);
  context.announce(entries);
  return { success: true };
}

/** What stands between one block and the commit, in the order in which the contract names it. */
function examine(
  context: RepoContext,
  request: CheckedCommit,
  blockId: BlockId,
  head: BlockMetadata | undefined,
): MaybePromise<Examined> {
  if (head === undefined || !pendingsOf(head).includes(request.trxId)) {
    return examineUnpended(context, request, blockId, head);
  }
  const pending = context.storage.getPendingTransaction(blockId, request.trxId);
  return pending instanceof Promise
    ? pending.then(record => examinePending(context, request, blockId, head, record))
    : examinePending(context, request, blockId, head, pending);
}

async function examineUnpended(
  context: RepoContext,
  { trxId, rev }: CheckedCommit,
  blockId: BlockId,
  head: BlockMetadata | undefined,
): Promise<Examined> {
  const committed = await context.storage.getTransaction(blockId, trxId);
  if (committed?.rev === rev) return 'committed';
  if (committed !== undefined) {
    const problem = `has that transaction at revision ${committed.rev}`;
    return stale(context, blockId, head, problem, committed.rev - 1);
  }
  const tip = tipRev(head);
  return tip >= rev ? stale(context, blockId, head, `is at revision ${tip}`, rev - 1) : 'missing';
}

function examinePending(
  context: RepoContext,
  { rev }: CheckedCommit,
  blockId: BlockId,
  head: BlockMetadata,
  pending: PendingRecord | undefined,
): MaybePromise<Examined> {
  const tip = tipRev(head);
  if (pending === undefined) return 'missing';
  const { base, transform } = pending;
  if (tip >= rev) return stale(context, blockId, head, `is at revision ${tip}`, rev - 1);
  if (base !== undefined && tip > base) {
    return stale(context, blockId, head, `has moved from revision ${base} to ${tip}`, base);
  }
  if (base !== undefined && tip < base) return { kind: 'lacking', blockId, base };
  if (tip === 0 && transform.insert === undefined) return { kind: 'lacking', blockId, base: rev - 1 };
  return { kind: 'ready', blockId, head, pending };
}

async function stale(
  context: RepoContext,
  blockId: BlockId,
  head: BlockMetadata | undefined,
  problem: string,
  knownRev: number,
): Promise<Examined> {
  const behind = head === undefined ? [] : [{ blockId, head, knownRev }];
  return { kind: 'stale', failure: await staleRefusal(context, `block ${quoted(blockId)} ${problem}`, behind) };
}

/** Adds one block's part to the batch; a transform that no longer applies makes the whole call stale. */
function plan(
  context: RepoContext,
  request: CheckedCommit,
  ready: Ready,
  batch: RawBatch,
): MaybePromise<RepoFailure | undefined> {
  const { blockId, head } = ready;
  if (!isHeld(head)) return planOnTip(context, request, ready, undefined, batch);
  const tip = materialize(context.storage, blockId, head, head.latest.rev);
  return tip instanceof Promise
    ? tip.then(({ block }) => planOnTip(context, request, ready, block, batch))
    : planOnTip(context, request, ready, tip.block, batch);
}

function planOnTip(
  context: RepoContext,
  { trxId, rev }: CheckedCommit,
  { blockId, head, pending }: Ready,
  tip: IBlock | undefined,
  batch: RawBatch,
): Promise<RepoFailure> | undefined {
  const { blockBytesMax } = context.storage.limits;
  let problem: string;
  try {
    const { checkpointInterval } = context.blockStorage(blockId);
    const { transform } = pending;
    const copyBytes = planCommit({ blockId, head, tip, trxId, rev, transform, checkpointInterval }, batch);
    if (copyBytes <= blockBytesMax + COPY_OVERHEAD_BYTES) return undefined;
    problem = `would make it larger than ${blockBytesMax} bytes`;
  } catch (error) {
    if (!(error instanceof TransformError)) throw error;
    problem = `no longer applies: ${error.message}`;
  }
  const knownRev = (pending.rev ?? rev) - 1;
  return staleRefusal(context, `on block ${quoted(blockId)} the transaction ${problem}`, [{ blockId, head, knownRev }]);
}

// A frame, or an envelope with the key in it, around the content that the limit is about.
const COPY_OVERHEAD_BYTES = 2048;

/** Asks for the base of a block. Whether it has come, from there or by another way, is for the next check to tell. */
async function fetchBase(context: RepoContext, { blockId, base }: Lacking, { signal }: RepoOptions): Promise<void> {
  try {
    await context.blockStorage(blockId).ensureRevision(base, { movesTip: true, signal });
  } catch (error) {
    if (!(error instanceof RestoreFailedError)) throw error;
    context.log.error('the base of a commit could not be restored: %s', error);
  }
}

function lacksBase({ blockId, base }: Lacking): RepoFailure {
  return refusal(
    'missing-base',
    `block ${quoted(blockId)} is not held at revision ${base}, which the transaction builds on`,
  );
}
