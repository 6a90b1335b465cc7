import {
  applyTransform,
  at,
  contentEquals,
  InvalidRequestError,
  TransformError,
  type BlockId,
  type CheckedChange,
  type CheckedPend,
  type IBlock,
  type PendResult,
  type RepoFailure,
  type RepoOptions,
  type Transform,
  type TrxId,
} from '@blockstrata/db-core';
import { existsAtTip, isHeld, pendingsOf, quoted, tipRev, withPending } from '../block/head.js';
import { materialize } from '../block/materialize.js';
import type { QueuePlace } from '../block/pend-queue.js';
import { untilAborted } from '../kernel/until-aborted.js';
import type { MaybePromise } from '../driver/store-driver.js';
import type { BlockMetadata, PendingRecord, TrxRecord } from '../records.js';
import { isExpired, type RepoContext } from './call-context.js';
import { listPendings, pendingRefusal, refusal, staleRefusal, type Behind } from './failure.js';

type HeldRecord = TrxRecord | PendingRecord;

type Heads = ReadonlyMap<BlockId, BlockMetadata | undefined>;

const EXPIRED = 'the request expired before it could be made pending';

/** Makes a transaction pending on all of its blocks in one batch, or says why not (INV-2, INV-8). */
export async function pend(context: RepoContext, request: CheckedPend, options: RepoOptions): Promise<PendResult> {
  const blockIds = [...request.blocks.keys()];
  const place = request.policy === 'w' ? context.coordination.pendQueue.join(blockIds) : undefined;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const latching = context.coordination.latches.acquire(blockIds);
      const release = latching instanceof Promise ? await latching : latching;
      let result: PendResult | undefined;
      try {
        if (isExpired(context, options)) return refusal('expired', EXPIRED);
        result = await attempt(context, request, blockIds, place, options);
      } finally {
        release();
      }
      if (result !== undefined) return result;
      if (place !== undefined) await waitForChange(context, place, options);
    }
  } finally {
    place?.leave();
  }
}

/** One try under the latches; `undefined`: others are in the way, and the policy is to wait. */
async function attempt(
  context: RepoContext,
  request: CheckedPend,
  blockIds: readonly BlockId[],
  place: QueuePlace | undefined,
  options: RepoOptions,
): Promise<PendResult | undefined> {
  const { storage } = context;
  const reading = storage.getMetadataMany(blockIds);
  const found = reading instanceof Promise ? await reading : reading;
  const heads: Heads = new Map(blockIds.map((blockId, i) => [blockId, found[i]]));
  const checking = checkReuse(context, request, heads);
  const known = checking instanceof Promise ? await checking : checking;
  if (known === 'repeated') return { success: true, pending: [], blockIds: [...blockIds] };
  if (known !== undefined) return known;
  const stale = checkStale(context, request, heads);
  if (stale !== undefined) return stale;
  const crowded = blockIds.some(blockId => pendingsOf(heads.get(blockId)).length > 0);
  if (place !== undefined && (crowded || !place.isFirst())) return undefined;
  const others = crowded
    ? await listPendings(context, heads, request.policy === 'r')
    : { pending: [], truncated: false };
  if (crowded && (request.policy === 'f' || request.policy === 'r')) return pendingRefusal(others);
  const results = new Map<BlockId, IBlock | undefined>();
  for (const [blockId, change] of request.blocks) {
    const result = requireApplicable(context, blockId, change, heads.get(blockId));
    results.set(blockId, result instanceof Promise ? await result : result);
  }
  await write(context, request, heads, results, options);
  return { success: true, pending: others.pending, blockIds: [...blockIds] };
}

/** Whether the transaction is held here already, and is the same; per block, since coordinators may split it (INV-5). */
function checkReuse(
  { storage }: RepoContext,
  request: CheckedPend,
  heads: Heads,
): MaybePromise<RepoFailure | 'repeated' | undefined> {
  const { trxId } = request;
  const reads: MaybePromise<HeldRecord | undefined>[] = [];
  let waits = false;
  for (const [blockId, head] of heads) {
    const read = heldRecord(storage, blockId, trxId, head);
    waits ||= read instanceof Promise;
    reads.push(read);
  }
  return waits
    ? Promise.all(reads.map(async read => read)).then(records => compareHeld(request, records))
    : compareHeld(request, reads as readonly (HeldRecord | undefined)[]);
}

function compareHeld(
  { trxId, blocks }: CheckedPend,
  records: readonly (HeldRecord | undefined)[],
): RepoFailure | 'repeated' | undefined {
  let same = 0;
  let i = 0;
  for (const [blockId, { transform }] of blocks) {
    const held = records[i++];
    if (held === undefined) continue;
    if (!contentEquals(held.transform, transform)) {
      return refusal(
        'trx-reused',
        `transaction ${quoted(trxId)} is held with another transform of block ${quoted(blockId)}`,
      );
    }
    same++;
  }
  if (same === 0) return undefined;
  if (same === blocks.size) return 'repeated';
  return refusal(
    'trx-reused',
    `transaction ${quoted(trxId)} is held on some of these blocks only: it was another request`,
  );
}

/** What is held of a transaction on a block; a block without a revision cannot have one of it, and is not asked. */
function heldRecord(
  storage: RepoContext['storage'],
  blockId: BlockId,
  trxId: TrxId,
  head: BlockMetadata | undefined,
): MaybePromise<HeldRecord | undefined> {
  if (pendingsOf(head).includes(trxId)) return storage.getPendingTransaction(blockId, trxId);
  return isHeld(head) ? storage.getTransaction(blockId, trxId) : undefined;
}

function checkStale(
  context: RepoContext,
  { rev, blocks }: CheckedPend,
  heads: Heads,
): Promise<RepoFailure> | undefined {
  const behind: Behind[] = [];
  let reason = '';
  for (const [blockId, { transform, base }] of blocks) {
    const head = heads.get(blockId);
    if (!isHeld(head)) continue;
    const tip = head.latest.rev;
    const problem =
      rev !== undefined && tip >= rev
        ? `is at revision ${tip}`
        : base !== undefined && tip > base
          ? `has moved from revision ${base} to ${tip}`
          : transform.insert !== undefined && existsAtTip(head)
            ? 'exists'
            : undefined;
    if (problem === undefined) continue;
    reason ||= `block ${quoted(blockId)} ${problem}`;
    // What a writer who names no base has seen is at least everything below the revision that it asks for.
    behind.push({ blockId, head, knownRev: base ?? (rev ?? tip) - 1 });
  }
  return behind.length === 0 ? undefined : staleRefusal(context, reason, behind);
}

/**
 * The block as the transform leaves it, where that can be told yet.
 *
 * @throws InvalidRequestError if the transform cannot apply to the tip that is held.
 */
function requireApplicable(
  context: RepoContext,
  blockId: BlockId,
  { transform, base }: CheckedChange,
  head: BlockMetadata | undefined,
): MaybePromise<IBlock | undefined> {
  if (base !== undefined && base > tipRev(head)) return undefined;
  if (!isHeld(head)) {
    const isUnknown = transform.insert === undefined && context.blockStorage(blockId).restores;
    return isUnknown ? undefined : apply(blockId, undefined, transform);
  }
  const tip = materialize(context.storage, blockId, head, head.latest.rev);
  return tip instanceof Promise
    ? tip.then(({ block }) => apply(blockId, block, transform))
    : apply(blockId, tip.block, transform);
}

function apply(blockId: BlockId, tip: IBlock | undefined, transform: Transform): IBlock | undefined {
  try {
    return applyTransform(tip, transform);
  } catch (cause) {
    if (!(cause instanceof TransformError)) throw cause;
    throw new InvalidRequestError(at('transforms', blockId), `cannot apply to the block: ${cause.message}`, { cause });
  }
}

/** Seals the pending records, and hands them over; resolves when they are as durable as asked. */
function write(
  { storage }: RepoContext,
  request: CheckedPend,
  heads: Heads,
  results: ReadonlyMap<BlockId, IBlock | undefined>,
  options: RepoOptions,
): Promise<unknown> {
  const { blockPendingsMax, blockBytesMax, callBytesMax } = storage.limits;
  const batch = storage.batch();
  const time = storage.clock.now();
  for (const [blockId, { transform, base }] of request.blocks) {
    const head = heads.get(blockId);
    if (pendingsOf(head).length >= blockPendingsMax) {
      throw new InvalidRequestError(
        at('transforms', blockId),
        `${blockPendingsMax} transactions are pending there already`,
      );
    }
    const pending: PendingRecord = { transform, time };
    if (request.rev !== undefined) pending.rev = request.rev;
    if (base !== undefined) pending.base = base;
    const before = batch.byteLength;
    batch.savePendingTransaction(blockId, request.trxId, Object.freeze(pending));
    const bytes = batch.byteLength - before;
    // Measured only where it can matter: what a block gains is at most what its transform holds.
    const result = (head?.copyBytes ?? 0) + bytes > blockBytesMax ? results.get(blockId) : undefined;
    const resultBytes =
      result === undefined ? 0 : storage.batch().saveMaterializedBlock(blockId, request.trxId, result).byteLength;
    if (Math.max(resultBytes, bytes - PENDING_OVERHEAD_BYTES) > blockBytesMax) {
      throw new InvalidRequestError(at('transforms', blockId), `takes up more than ${blockBytesMax} bytes`);
    }
    batch.saveMetadata(blockId, withPending(head, request.trxId));
    if (batch.byteLength > callBytesMax) {
      throw new InvalidRequestError('transforms', `take up more than ${callBytesMax} bytes: split the transaction`);
    }
  }
  return batch.write(options);
}

// What a pending record holds beside the transform.
const PENDING_OVERHEAD_BYTES = 1024;

/** Resolves when it is worth another look: others went, or the request has expired. */
async function waitForChange(
  { storage }: RepoContext,
  place: QueuePlace,
  { signal, expiration }: RepoOptions,
): Promise<void> {
  const signals = signal === undefined ? [storage.closing] : [storage.closing, signal];
  if (expiration === undefined) return untilAborted(place.changed(), signals);
  let expire: () => void = () => undefined;
  const expired = new Promise<void>(resolve => (expire = resolve));
  const callOff = storage.clock.after(expiration - storage.clock.now(), expire);
  try {
    await untilAborted(Promise.race([place.changed(), expired]), signals);
  } finally {
    callOff();
  }
}
