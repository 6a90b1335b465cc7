import {
  InvalidRequestError,
  LimitExceededError,
  requireId,
  requireRevision,
  type BlockId,
  type IBlock,
  type Limits,
  type Transform,
  type TrxId,
} from '@blockstrata/db-core';
import { MAJOR, NULL } from '../../cbor/cbor-head.js';
import { CborExcess, CborProblem } from '../../cbor/cbor-scanner.js';
import { CborWriter } from '../../cbor/cbor-writer.js';
import { encodeStored } from '../../storage/encoded/encoded-value.js';
import type { EncodedBlock, EncodedTransform } from '../../storage/encoded/encoded-transform.js';
import { TransformScanner } from '../../storage/encoded/transform-scanner.js';
import type { HistoryRevision } from '../../storage/block/read-history.js';
import type { NetworkLimits } from '../limits.js';

/** One revision of an archive as it arrives: checked, but for what it has to do with the others. */
export type ArchiveItem = {
  readonly rev: number;
  readonly base: number | undefined;
  readonly trxId: TrxId;
  readonly transform: EncodedTransform | Transform;
  readonly block: EncodedBlock | IBlock | undefined;
};

/** Revisions of an archive as they travel: the transforms as they are stored, so that nobody has to encode them again. */
export function encodeArchiveItems(revisions: readonly HistoryRevision[]): Uint8Array {
  // Two writers must not be at work at once.
  const copies = revisions.map(({ block }) => (block === undefined ? undefined : encodeStored(block)));
  const writer = new CborWriter(STYLE);
  writer.arrayOf(revisions.length);
  for (const [i, { rev, base, trxId, encoded }] of revisions.entries()) {
    const copy = copies[i];
    writer.arrayOf(copy === undefined ? 4 : 5);
    writer.value(rev);
    writer.value(base ?? null);
    writer.value(trxId);
    writer.encoded(encoded);
    if (copy !== undefined) writer.encoded(copy);
  }
  return writer.take();
}

/**
 * The revisions in a chunk of an archive, one at a time. The bytes are kept as long as what comes of them.
 *
 * @throws InvalidRequestError · LimitExceededError
 */
export function* decodeArchiveItems(
  bytes: Uint8Array,
  blockId: BlockId,
  limits: Limits,
  { messageElementsMax, messageDepthMax }: Pick<NetworkLimits, 'messageElementsMax' | 'messageDepthMax'>,
): Generator<ArchiveItem> {
  const scanner = new TransformScanner(bytes, messageElementsMax, blockId, limits);
  try {
    const count = scanner.length(MAJOR.array);
    for (let i = 0; i < count; i++) yield decodeItem(scanner, limits);
    scanner.requireEnd();
  } catch (error) {
    if (error instanceof CborProblem) throw new InvalidRequestError('archive.items', error.message);
    if (!(error instanceof CborExcess)) throw error;
    if (error.what === 'elements') throw excess('messageElementsMax', messageElementsMax, error);
    throw excess('messageDepthMax', messageDepthMax, error);
  }
}

function decodeItem(scanner: TransformScanner, limits: Limits): ArchiveItem {
  const length = scanner.length(MAJOR.array);
  if (length !== 4 && length !== 5) throw new InvalidRequestError('archive.items', 'must have 4 or 5 elements each');
  const rev = requireRevision(scanner.integer(), 'archive.rev');
  const base = scanner.skipByte(NULL) ? undefined : requireRevision(scanner.integer(), 'archive.base', 0);
  const trxId = requireId(scanner.text(), 'archive.trxId', limits);
  const transform = scanner.transform(`archive.revisions[${rev}].trx.transform`);
  const block = length === 4 ? undefined : scanner.block(`archive.revisions[${rev}].block`);
  return { rev, base, trxId, transform, block };
}

function excess(limit: keyof NetworkLimits, allowed: number, cause: Error): LimitExceededError {
  return new LimitExceededError(limit, allowed, `a chunk of an archive ${cause.message}`);
}

const STYLE = { integerMax: Number.MAX_SAFE_INTEGER };
