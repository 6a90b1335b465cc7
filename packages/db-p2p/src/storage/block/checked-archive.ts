import type { BlockId, IBlock, Limits, RevisionRange, Transform, TrxId, TrxTransforms } from '@blockstrata/db-core';
import { BlockState } from '../encoded/block-state.js';
import { EncodedBlock, type EncodedTransform } from '../encoded/encoded-transform.js';
import { containsBytes } from '../kernel/content-walk.js';
import type { BlockArchive } from './archive.js';

/** One revision of an archive that was checked. */
export type CheckedRevision = {
  readonly rev: number;
  readonly trxId: TrxId;
  readonly base: number | undefined;
  readonly transform: Transform;
  /** The transform as it arrived, where it is kept so. */
  readonly encoded?: EncodedTransform | undefined;
};

/** A revision whose transform stays encoded until somebody looks. */
export class EncodedRevision implements CheckedRevision {
  readonly rev: number;
  readonly trxId: TrxId;
  readonly base: number | undefined;
  readonly encoded: EncodedTransform;

  constructor(rev: number, trxId: TrxId, base: number | undefined, encoded: EncodedTransform) {
    this.rev = rev;
    this.trxId = trxId;
    this.base = base;
    this.encoded = encoded;
  }

  get transform(): Transform {
    return this.encoded.decode();
  }
}

/** The same revision where the one below it is not known. */
export function withoutBase(revision: CheckedRevision): CheckedRevision {
  const { rev, trxId, encoded } = revision;
  if (encoded !== undefined) return new EncodedRevision(rev, trxId, undefined, encoded);
  return { rev, trxId, base: undefined, transform: revision.transform };
}

/** An archive that is sound in itself: its revisions ascend, link without a hole, and replay to the blocks it holds. */
export type CheckedArchive = {
  readonly blockId: BlockId;
  readonly revisions: readonly [CheckedRevision, ...CheckedRevision[]];
  readonly range: RevisionRange;
  /** The copy at the first revision, where that cannot be had by its transform alone. */
  readonly floor: IBlock | EncodedBlock | undefined;
};

/** The block after each revision of an archive, one at a time: all of them at once can be far larger than the archive. */
export function* replayArchive({ revisions, floor }: CheckedArchive): Iterable<[CheckedRevision, BlockState]> {
  const block = new BlockState();
  for (const revision of revisions) {
    if (revision === revisions[0] && revision.base !== 0) block.reset(floor);
    else block.apply(revision.encoded ?? revision.transform);
    yield [revision, block];
  }
}

/**
 * A checked archive in the shape in which archives are handed over. It is frozen, and its check holds for it as well. Its
 * revisions are listed when somebody looks at them: whoever installs it does not.
 */
export function toArchive(
  checked: CheckedArchive,
  limits: Limits,
  pending?: Record<TrxId, TrxTransforms>,
): BlockArchive {
  let revisions: BlockArchive['revisions'] | undefined;
  const archive = Object.freeze({
    blockId: checked.blockId,
    get revisions() {
      return (revisions ??= listed(checked));
    },
    range: Object.freeze([...checked.range]) as unknown[] as RevisionRange,
    ...(pending === undefined ? {} : { pending }),
  });
  if (isFrozen(checked)) CHECKS.set(archive, { checked, limits });
  return archive;
}

/** What is encoded is out of everybody's reach. */
function isFrozen({ revisions, floor }: CheckedArchive): boolean {
  if (!(floor instanceof EncodedBlock) && containsBytes(floor)) return false;
  return !revisions.some(revision => revision.encoded === undefined && containsBytes(revision.transform));
}

function listed({ revisions, floor }: CheckedArchive): BlockArchive['revisions'] {
  const record = Object.create(null) as BlockArchive['revisions'];
  for (const { rev, base, trxId, transform } of revisions) {
    const revision: BlockArchive['revisions'][number] = { trx: Object.freeze({ trxId, rev, transform }) };
    if (base !== undefined) revision.base = base;
    if (rev === revisions[0].rev && floor !== undefined && base !== 0) {
      revision.block = floor instanceof EncodedBlock ? floor.decode() : floor;
    }
    record[rev] = Object.freeze(revision);
  }
  return Object.freeze(record);
}

/** What checking an archive under `limits` came to, where that was done and still holds: nobody could change it since. */
export function checkedBefore(archive: unknown, limits: Limits): CheckedArchive | undefined {
  const check = CHECKS.get(archive as object);
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
