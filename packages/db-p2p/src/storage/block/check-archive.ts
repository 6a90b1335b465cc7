import {
  contentEquals,
  copyBlock,
  copyTransform,
  InvalidArchiveError,
  InvalidRequestError,
  rangeAt,
  requireId,
  requireObject,
  requireRevision,
  toRange,
  TransformError,
  type BlockId,
  type IBlock,
  type Limits,
  type RevisionRange,
  type TrxId,
} from '@blockstrata/db-core';
import type { BlockState } from '../encoded/block-state.js';
import { EncodedBlock } from '../encoded/encoded-transform.js';
import { checkedBefore, replayArchive, type CheckedArchive, type CheckedRevision } from './checked-archive.js';

/**
 * Checks all that can be checked of an archive without the store, and copies it (INV-11). An archive that was made of a
 * checked one, and could not be changed since, is not checked again.
 *
 * @param rev the revision that was asked for, which the archive must cover.
 * @throws InvalidArchiveError
 */
export function checkArchive(
  archive: unknown,
  blockId: BlockId,
  rev: number | undefined,
  limits: Limits,
): CheckedArchive {
  return refusing(blockId, () => {
    const known = checkedBefore(archive, limits);
    if (known === undefined) return check(archive, blockId, rev, limits);
    requireBlock(known.blockId, blockId);
    requireCover(known.range, known.revisions[0], rev);
    return known;
  });
}

/** One revision of an archive that is not checked yet. */
type Unchecked = { readonly rev: number; readonly path: string; readonly value: Record<string, unknown> };

function check(archive: unknown, blockId: BlockId, rev: number | undefined, limits: Limits): CheckedArchive {
  const source = requireObject(archive, 'archive');
  requireBlock(source.blockId, blockId);
  const range = checkRange(source.range);
  const unchecked = inOrder(requireObject(source.revisions, 'archive.revisions'));
  const revisions = checkRevisions(unchecked, range, blockId, limits);
  const [first, ...rest] = revisions;
  if (first === undefined) throw new InvalidRequestError('archive.revisions', 'is empty');
  const covered = toRange(first.rev, range[1]);
  requireCover(covered, first, rev);
  const floor = floorOf(unchecked[0] as Unchecked, first, blockId, limits);
  const checked: CheckedArchive = { blockId, revisions: [first, ...rest], range: covered, floor };
  let i = 0;
  for (const [, block] of replayArchive(checked)) {
    const source = unchecked[i++] as Unchecked;
    requireSameCopy(copyOf(source, blockId, limits), block, source.path);
  }
  return checked;
}

/** What arrived of one archive, each revision of it checked by itself: in order, linked, and no transaction twice. */
export type ArrivedArchive = {
  readonly blockId: BlockId;
  readonly revisions: readonly [CheckedRevision, ...CheckedRevision[]];
  /** Exclusive end of the range; `undefined`: up to the newest. */
  readonly end: number | undefined;
  /** Copies that came with it, by revision. */
  readonly copies: ReadonlyMap<number, IBlock | EncodedBlock>;
};

/**
 * Checks what is left to be checked when all of an archive has arrived (INV-11): the ends, and that it replays.
 *
 * @throws InvalidArchiveError
 */
export function checkArrived(
  { blockId, revisions, end, copies }: ArrivedArchive,
  rev: number | undefined,
): CheckedArchive {
  return refusing(blockId, () => {
    const [first] = revisions;
    const newest = revisions.at(-1) ?? first;
    if (end !== undefined && end <= newest.rev)
      throw new InvalidRequestError('archive.range[1]', 'lies below a revision');
    const range = toRange(first.rev, end);
    requireCover(range, first, rev);
    const floor = copies.get(first.rev);
    if (floor === undefined && first.base !== 0 && first.transform.delete !== true) throw noFloor('archive.floor');
    const checked: CheckedArchive = { blockId, revisions, range, floor };
    for (const [revision, block] of replayArchive(checked)) {
      const copy = copies.get(revision.rev);
      if (copy === undefined || (revision === first && first.base !== 0)) continue;
      requireSameCopy(copy instanceof EncodedBlock ? copy.decode() : copy, block, `archive.revisions[${revision.rev}]`);
    }
    return checked;
  });
}

function requireSameCopy(copy: IBlock | undefined, block: BlockState, path: string): void {
  if (copy !== undefined && !contentEquals(copy, block.content())) {
    throw new InvalidRequestError(`${path}.block`, 'is not what its transforms yield');
  }
}

function noFloor(path: string): InvalidRequestError {
  return new InvalidRequestError(path, 'is the floor, and has neither base 0 nor a copy');
}

function refusing<T>(blockId: BlockId, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InvalidRequestError || error instanceof TransformError) {
      throw new InvalidArchiveError(blockId, error.message, { cause: error });
    }
    throw error;
  }
}

function requireBlock(found: unknown, blockId: BlockId): void {
  if (found !== blockId) throw new InvalidRequestError('archive.blockId', 'is another block');
}

function requireCover(range: RevisionRange, first: CheckedRevision, rev: number | undefined): void {
  const covers = rev === undefined || rangeAt([range], rev) !== undefined || (first.base === 0 && rev < first.rev);
  if (!covers) throw new InvalidRequestError('archive.range', `does not cover revision ${rev}`);
}

function checkRange(value: unknown): RevisionRange {
  const [start, end] = Array.isArray(value) ? (value as unknown[]) : [];
  const from = requireRevision(start, 'archive.range[0]', 0);
  if (end === undefined || end === null) return [from];
  return [from, requireRevision(end, 'archive.range[1]', from + 1)];
}

function inOrder(record: Record<string, unknown>): Unchecked[] {
  const unchecked = Object.keys(record).map((key): Unchecked => {
    const path = `archive.revisions[${key}]`;
    const rev = requireRevision(Number(key), path);
    if (String(rev) !== key)
      throw new InvalidRequestError('archive.revisions', `${JSON.stringify(key)} is no revision`);
    return { rev, path, value: requireObject(record[key], path) };
  });
  return unchecked.sort((a, b) => a.rev - b.rev);
}

function checkRevisions(
  unchecked: readonly Unchecked[],
  range: RevisionRange,
  blockId: BlockId,
  limits: Limits,
): CheckedRevision[] {
  const trxIds = new Set<TrxId>();
  const checked: CheckedRevision[] = [];
  for (const source of unchecked) {
    if (rangeAt([range], source.rev) === undefined) {
      throw new InvalidRequestError(source.path, 'lies outside the range');
    }
    const revision = checkRevision(source, blockId, checked.at(-1), limits);
    if (trxIds.has(revision.trxId)) throw new InvalidRequestError(source.path, 'repeats a transaction');
    trxIds.add(revision.trxId);
    checked.push(revision);
  }
  return checked;
}

function checkRevision(
  { rev, path, value }: Unchecked,
  blockId: BlockId,
  below: CheckedRevision | undefined,
  limits: Limits,
): CheckedRevision {
  const { trx, base: statedBase } = value;
  const { trxId, rev: trxRev, transform } = requireObject(trx, `${path}.trx`);
  if (trxRev !== undefined && trxRev !== rev) throw new InvalidRequestError(`${path}.trx.rev`, `must be ${rev}`);
  const base = statedBase === undefined ? below?.rev : requireRevision(statedBase, `${path}.base`, 0);
  if (below !== undefined && base !== below.rev) {
    throw new InvalidRequestError(`${path}.base`, `must be ${below.rev}: the history has a hole`);
  }
  if (base !== undefined && base >= rev) throw new InvalidRequestError(`${path}.base`, `must be below ${rev}`);
  return {
    rev,
    trxId: requireId(trxId, `${path}.trx.trxId`, limits),
    base,
    transform: copyTransform(transform, blockId, `${path}.trx.transform`, limits),
  };
}

function floorOf(source: Unchecked, first: CheckedRevision, blockId: BlockId, limits: Limits): IBlock | undefined {
  const copy = copyOf(source, blockId, limits);
  if (copy === undefined && first.base !== 0 && first.transform.delete !== true) {
    throw noFloor(source.path);
  }
  return copy;
}

function copyOf({ path, value }: Unchecked, blockId: BlockId, limits: Limits): IBlock | undefined {
  return value.block === undefined ? undefined : copyBlock(value.block, blockId, `${path}.block`, limits);
}
