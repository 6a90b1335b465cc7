import {
  applyTransform,
  type BlockId,
  type IBlock,
  type Limits,
  type RevisionRange,
  type Transform,
  type TrxId,
} from '@blockstrata/db-core';
import { containsBytes } from '../kernel/content-walk.js';
import type { BlockArchive } from './archive.js';

/** One revision of an archive that was checked. */
export type CheckedRevision = {
  readonly rev: number;
  readonly trxId: TrxId;
  readonly base: number | undefined;
  readonly transform: Transform;
};

/** An archive that is sound in itself: its revisions ascend, link without a hole, and replay to the blocks it holds. */
export type CheckedArchive = {
  readonly blockId: BlockId;
  readonly revisions: readonly [CheckedRevision, ...CheckedRevision[]];
  readonly range: RevisionRange;
  /** The copy at the first revision, where that cannot be had by its transform alone. */
  readonly floor: IBlock | undefined;
};

/** The block after each revision of an archive, one at a time: all of them at once can be far larger than the archive. */
export function* replayArchive({ revisions, floor }: CheckedArchive): Iterable<[CheckedRevision, IBlock | undefined]> {
  let block: IBlock | undefined;
  for (const revision of revisions) {
    block = revision === revisions[0] && revision.base !== 0 ? floor : applyTransform(block, revision.transform);
    yield [revision, block];
  }
}

/**
 * A checked archive in the shape in which archives are handed over. It is frozen, and its check holds for it as well. Its
 * revisions are listed when somebody looks at them: whoever installs it does not.
 */
export function toArchive(checked: CheckedArchive, limits: Limits): BlockArchive {
  let revisions: BlockArchive['revisions'] | undefined;
  const archive = Object.freeze({
    blockId: checked.blockId,
    get revisions() {
      return (revisions ??= listed(checked));
    },
    range: Object.freeze([...checked.range]) as unknown[] as RevisionRange,
  });
  const isFrozen =
    !containsBytes(checked.floor) && !checked.revisions.some(({ transform }) => containsBytes(transform));
  if (isFrozen) CHECKS.set(archive, { checked, limits });
  return archive;
}

function listed({ revisions, floor }: CheckedArchive): BlockArchive['revisions'] {
  const record = Object.create(null) as BlockArchive['revisions'];
  for (const { rev, base, trxId, transform } of revisions) {
    const revision: BlockArchive['revisions'][number] = { trx: Object.freeze({ trxId, rev, transform }) };
    if (base !== undefined) revision.base = base;
    if (rev === revisions[0].rev && floor !== undefined && base !== 0) revision.block = floor;
    record[rev] = Object.freeze(revision);
  }
  return Object.freeze(record);
}

/** What checking an archive under `limits` came to, where that was done and still holds: nobody could change it since. */
export function checkedBefore(archive: unknown, limits: Limits): CheckedArchive | undefined {
  const check = typeof archive === 'object' && archive !== null ? CHECKS.get(archive) : undefined;
  return check !== undefined && areSame(check.limits, limits) ? check.checked : undefined;
}

/** Where an archive starts, what that builds on, and how many revisions it has; a hint where it is not checked. */
export function outlineOf(archive: BlockArchive): { floor: number; base: number | undefined; revisions: number } {
  const checked = CHECKS.get(archive)?.checked;
  if (checked !== undefined) {
    const { rev, base } = checked.revisions[0];
    return { floor: rev, base, revisions: checked.revisions.length };
  }
  const [floor] = archive.range;
  return { floor, base: archive.revisions[floor]?.base, revisions: Object.keys(archive.revisions).length };
}

// Byte arrays cannot be frozen, so archives with some in them are not here.
const CHECKS = new WeakMap<object, { readonly checked: CheckedArchive; readonly limits: Limits }>();

function areSame(a: Limits, b: Limits): boolean {
  return a === b || (Object.keys(a) as (keyof Limits)[]).every(name => a[name] === b[name]);
}
