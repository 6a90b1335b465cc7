import {
  applyTransform,
  contentEquals,
  copyBlock,
  copyTransform,
  InvalidArchiveError,
  InvalidRequestError,
  rangeAt,
  requireId,
  requireObject,
  requireRevision,
  TransformError,
  type BlockId,
  type IBlock,
  type Limits,
  type RevisionRange,
  type Transform,
  type TrxId,
} from '@blockstrata/db-core';

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
 * Checks all that can be checked of an archive without the store, and copies it (INV-11).
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
  try {
    return check(archive, blockId, rev, limits);
  } catch (error) {
    if (error instanceof InvalidRequestError || error instanceof TransformError) {
      throw new InvalidArchiveError(blockId, error.message, { cause: error });
    }
    throw error;
  }
}

function check(archive: unknown, blockId: BlockId, rev: number | undefined, limits: Limits): CheckedArchive {
  const source = requireObject(archive, 'archive');
  if (source.blockId !== blockId) throw new InvalidRequestError('archive.blockId', 'is another block');
  const range = checkRange(source.range);
  const record = requireObject(source.revisions, 'archive.revisions');
  const revisions = checkRevisions(record, range, blockId, limits);
  const [first, ...rest] = revisions;
  if (first === undefined) throw new InvalidRequestError('archive.revisions', 'is empty');
  const covered: RevisionRange = range[1] === undefined ? [first.rev] : [first.rev, range[1]];
  const covers = rev === undefined || rangeAt([covered], rev) !== undefined || (first.base === 0 && rev < first.rev);
  if (!covers) throw new InvalidRequestError('archive.range', `does not cover revision ${rev}`);
  const checked: CheckedArchive = {
    blockId,
    revisions: [first, ...rest],
    range: covered,
    floor: floorOf(record, first, blockId, limits),
  };
  for (const [{ rev: at }, block] of replayArchive(checked)) {
    const copy = copyAt(record, at, blockId, limits);
    if (copy !== undefined && !contentEquals(copy, block)) {
      throw new InvalidRequestError(`archive.revisions[${at}].block`, 'is not what its transforms yield');
    }
  }
  return checked;
}

function checkRange(value: unknown): RevisionRange {
  const [start, end] = Array.isArray(value) ? (value as unknown[]) : [];
  const from = requireRevision(start, 'archive.range[0]', 0);
  if (end === undefined || end === null) return [from];
  return [from, requireRevision(end, 'archive.range[1]', from + 1)];
}

function checkRevisions(
  record: Record<string, unknown>,
  range: RevisionRange,
  blockId: BlockId,
  limits: Limits,
): CheckedRevision[] {
  const trxIds = new Set<TrxId>();
  const checked: CheckedRevision[] = [];
  for (const rev of checkNumbers(record)) {
    const path = `archive.revisions[${rev}]`;
    if (rangeAt([range], rev) === undefined) throw new InvalidRequestError(path, 'lies outside the range');
    const revision = checkRevision(record[String(rev)], path, rev, blockId, checked.at(-1), limits);
    if (trxIds.has(revision.trxId)) throw new InvalidRequestError(path, 'repeats a transaction');
    trxIds.add(revision.trxId);
    checked.push(revision);
  }
  return checked;
}

function checkNumbers(record: Record<string, unknown>): number[] {
  const numbers = Object.keys(record).map(key => {
    const rev = requireRevision(Number(key), `archive.revisions[${JSON.stringify(key)}]`);
    if (String(rev) !== key)
      throw new InvalidRequestError('archive.revisions', `${JSON.stringify(key)} is no revision`);
    return rev;
  });
  return numbers.sort((a, b) => a - b);
}

function checkRevision(
  value: unknown,
  path: string,
  rev: number,
  blockId: BlockId,
  below: CheckedRevision | undefined,
  limits: Limits,
): CheckedRevision {
  const { trx, base: statedBase } = requireObject(value, path);
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

function floorOf(
  record: Record<string, unknown>,
  first: CheckedRevision,
  blockId: BlockId,
  limits: Limits,
): IBlock | undefined {
  const copy = copyAt(record, first.rev, blockId, limits);
  if (copy === undefined && first.base !== 0 && first.transform.delete !== true) {
    throw new InvalidRequestError(`archive.revisions[${first.rev}]`, 'is the floor, and has neither base 0 nor a copy');
  }
  return copy;
}

function copyAt(record: Record<string, unknown>, rev: number, blockId: BlockId, limits: Limits): IBlock | undefined {
  const path = `archive.revisions[${rev}]`;
  const { block } = requireObject(record[String(rev)], path);
  return block === undefined ? undefined : copyBlock(block, blockId, `${path}.block`, limits);
}
