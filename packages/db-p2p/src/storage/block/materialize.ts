import {
  applyTransform,
  CorruptRecordError,
  TransformError,
  type BlockId,
  type IBlock,
  type Transform,
  type TrxRev,
} from '@blockstrata/db-core';
import type { MaybePromise } from '../driver/store-driver.js';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata, NumberedRevision, RevisionRecord } from '../records.js';
import { isHeld, quoted, tipRev } from './head.js';

/** A block as it was at a revision; no `block`: it was absent there. */
export type Materialized = { readonly block: IBlock | undefined; readonly rev: number };

/**
 * The block at its highest held revision at or below `rev`, which a range of `head` must cover. The copy at the tip
 * answers at once; anything else is replayed from the nearest kept copy below.
 *
 * @throws CorruptRecordError if what the head promises is not there, or damaged (INV-4, INV-6).
 */
export function materialize(
  storage: IRawStorage,
  blockId: BlockId,
  head: BlockMetadata,
  rev: number,
): MaybePromise<Materialized> {
  if (!isHeld(head) || rev < head.latest.rev) return replay(storage, blockId, rev, tipRev(head));
  if (head.deleted === true) return { block: undefined, rev: head.latest.rev };
  const copy = storage.getMaterializedBlock(blockId, head.latest.trxId);
  if (copy === undefined || copy instanceof Promise) return fromTip(storage, blockId, head.latest, copy);
  return { block: copy, rev: head.latest.rev };
}

/** From what reading the copy at the tip of a head gave, or gives. */
async function fromTip(
  storage: IRawStorage,
  blockId: BlockId,
  { rev }: TrxRev,
  copy: MaybePromise<IBlock | undefined>,
): Promise<Materialized> {
  const block = await copy;
  if (block !== undefined) return { block, rev };
  // A commit may have superseded the copy: the head tells. What was the tip is then history.
  const now = await storage.getMetadata(blockId);
  if (tipRev(now) === rev) throw lost(blockId, `the copy at revision ${rev} is gone`);
  return replay(storage, blockId, rev, rev);
}

async function replay(storage: IRawStorage, blockId: BlockId, rev: number, tip: number): Promise<Materialized> {
  const path = await pathTo(storage, blockId, rev, tip);
  const [target] = path;
  const start = path.at(-1);
  if (target === undefined || start === undefined) throw lost(blockId, `it holds no revision at or below ${rev}`);
  let block: IBlock | undefined;
  if (start.checkpoint === true) {
    block = await storage.getMaterializedBlock(blockId, start.trxId);
    if (block === undefined) throw lost(blockId, `the copy at revision ${start.rev} is gone`);
  }
  const replayed = path.filter(step => step !== start || !isStart(start)).reverse();
  const trxs =
    replayed.length === 0
      ? []
      : await storage.getTransactions(
          blockId,
          replayed.map(step => step.trxId),
        );
  replayed.forEach((step, i) => {
    const trx = trxs[i];
    if (trx === undefined) throw lost(blockId, `the transaction of revision ${step.rev} is gone`);
    block = apply(blockId, step.rev, block, trx.transform);
  });
  return { block, rev: target.rev };
}

/**
 * The revisions from `rev` down to the nearest one whose content is known without those below it: link by link while the
 * store has records at hand, which takes less than a scan, and by one scan from where it has not.
 */
async function pathTo(
  storage: IRawStorage,
  blockId: BlockId,
  rev: number,
  tip: number,
): Promise<readonly NumberedRevision[]> {
  const path: NumberedRevision[] = [];
  let next = rev;
  for (;;) {
    const reading = storage.getRevision(blockId, next);
    const found = reading instanceof Promise ? await reading : reading;
    if (found === undefined) {
      if (reading instanceof Promise || path.length > 0) break;
      if (next !== rev) throw lost(blockId, `revision ${next}, the base of the one above ${rev}, is gone`);
      const below = await linkOver(storage, blockId, rev, tip);
      if (below === undefined) break;
      next = below;
      continue;
    }
    const revision = numbered(next, found);
    path.push(revision);
    if (isEnd(revision)) return path;
    next = revision.base ?? next - 1;
    if (reading instanceof Promise || revision.base === undefined) break;
  }
  for await (const revision of storage.listRevisions(blockId, next, 0)) {
    const above = path.at(-1);
    if (above?.base !== undefined && above.base !== revision.rev) {
      throw lost(blockId, `revision ${above.base}, the base of ${above.rev}, is gone`);
    }
    path.push(revision);
    if (isEnd(revision)) return path;
  }
  if (path.length > 0) throw lost(blockId, `no kept copy lies below revision ${path.at(-1)?.rev}`);
  return path;
}

// Beyond, a scan takes less.
const LINKS_OVER_MAX = 4;

/** The revision below a number that none has, where one of the newest links goes over it. */
async function linkOver(storage: IRawStorage, blockId: BlockId, rev: number, tip: number): Promise<number | undefined> {
  let above = tip;
  for (let links = 0; links < LINKS_OVER_MAX && above > rev; links++) {
    const base = (await storage.getRevision(blockId, above))?.base;
    if (base === undefined || base === 0) return undefined;
    if (base < rev) return base;
    above = base;
  }
  return undefined;
}

// Not by spreading the record, which takes as long as reading it.
function numbered(rev: number, { trxId, base, checkpoint, deleted }: RevisionRecord): NumberedRevision {
  const revision: NumberedRevision = { rev, trxId };
  if (base !== undefined) revision.base = base;
  if (checkpoint === true) revision.checkpoint = true;
  if (deleted === true) revision.deleted = true;
  return revision;
}

/** Whether nothing below a revision is needed to know its content. */
function isEnd(revision: NumberedRevision): boolean {
  return isStart(revision) || revision.base === 0;
}

/** Whether the content after a revision is known without replaying its transform. */
function isStart(revision: NumberedRevision): boolean {
  return revision.checkpoint === true || revision.deleted === true;
}

function apply(blockId: BlockId, rev: number, block: IBlock | undefined, transform: Transform): IBlock | undefined {
  try {
    return applyTransform(block, transform);
  } catch (cause) {
    if (!(cause instanceof TransformError)) throw cause;
    throw new CorruptRecordError(`revision ${rev} of block ${quoted(blockId)}`, 'its transform does not apply', {
      cause,
    });
  }
}

function lost(blockId: BlockId, problem: string): CorruptRecordError {
  return new CorruptRecordError(`the history of block ${quoted(blockId)}`, problem);
}
