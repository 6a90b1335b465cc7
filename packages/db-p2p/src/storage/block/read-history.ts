import { applyTransform, type BlockId, type IBlock, type Transform, type TrxId } from '@blockstrata/db-core';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata, NumberedRevision } from '../records.js';
import { decodeEncoded } from '../encoded/encoded-value.js';
import { approximateBytes } from './approximate-bytes.js';
import { coverageOf } from './coverage.js';
import { isHeld } from './head.js';
import { materialize } from './materialize.js';

/** One revision of a history; its transform stays encoded until somebody looks. */
export class HistoryRevision {
  readonly record: NumberedRevision;
  /** The transform as it is stored; the bytes are the store's own. */
  readonly encoded: Uint8Array;
  /** The content at the floor, where that cannot be had by its transform alone. */
  readonly block: IBlock | undefined;

  constructor(record: NumberedRevision, encoded: Uint8Array, block?: IBlock) {
    this.record = record;
    this.encoded = encoded;
    this.block = block;
  }

  get rev(): number {
    return this.record.rev;
  }

  /** The block's revision before this one; `undefined`: not known. */
  get base(): number | undefined {
    return this.record.base;
  }

  get trxId(): TrxId {
    return this.record.trxId;
  }

  get transform(): Transform {
    return decodeEncoded(this.encoded) as Transform;
  }

  /** What it takes up when it travels, about. */
  get bytes(): number {
    const blockBytes = this.block === undefined ? 0 : approximateBytes(this.block);
    return REVISION_OVERHEAD_BYTES + this.encoded.length + blockBytes;
  }
}

/** A stretch of history, to be read page by page, the newest revision first. */
export type History = {
  /** Exclusive end: up to there it is known to be complete; `undefined`: it reaches up to the newest that is held. */
  readonly end: number | undefined;
  pages(): AsyncIterable<readonly HistoryRevision[]>;
};

/** How much is read. */
export type HistoryOptions = {
  /** Bytes of the transforms, about. */
  readonly bytesMax: number;
  /** Nothing is needed at or below this revision. */
  readonly above: number | undefined;
};

const PAGE_REVISIONS = 32;
const REVISION_OVERHEAD_BYTES = 200;

/**
 * The history of a block from `rev` (default: the tip) downwards, as far as it is held in one piece and `bytesMax` allows;
 * `undefined` where `rev` is not held. It is read while it is sent, so that no more than a page of it is in memory.
 */
export async function openHistory(
  storage: IRawStorage,
  blockId: BlockId,
  rev: number | undefined,
  options: HistoryOptions,
): Promise<History | undefined> {
  const head = await storage.getMetadata(blockId);
  if (!isHeld(head)) return undefined;
  const asked = rev ?? head.latest.rev;
  const known = await coverageOf(storage, blockId, head, asked);
  if (known.kind === 'unknown') return undefined;
  // That the block did not exist yet is told by its first revision, which has base 0.
  const [start, end] = known.range;
  const top = Math.max(asked, start);
  return {
    end: top >= head.latest.rev ? undefined : await nextRevision(storage, blockId, top, end),
    pages: () => readPages(storage, blockId, head, { top, start, ...options }),
  };
}

type Stretch = HistoryOptions & { readonly top: number; readonly start: number };

async function* readPages(
  storage: IRawStorage,
  blockId: BlockId,
  head: BlockMetadata & { latest: { rev: number; trxId: string } },
  { top, start, bytesMax, above }: Stretch,
): AsyncGenerator<readonly HistoryRevision[]> {
  let bytes = 0;
  // One revision is held back: whether it is the floor, and needs its content, shows when the next one is read.
  let last: HistoryRevision | undefined;
  for await (const records of inParts(storage.listRevisionPages(blockId, top, start))) {
    const page: HistoryRevision[] = last === undefined ? [] : [last];
    const transforms = await storage.getEncodedTransforms(blockId, records);
    let isEnd = false;
    for (const [i, record] of records.entries()) {
      const encoded = transforms[i];
      const revision = encoded === undefined ? undefined : new HistoryRevision(record, encoded);
      bytes += revision?.bytes ?? 0;
      isEnd = revision === undefined || (page.length > 0 && bytes > bytesMax);
      if (revision === undefined || isEnd) break;
      page.push(revision);
      isEnd = above !== undefined && record.base !== undefined && record.base <= above;
      if (isEnd) break;
    }
    last = page.pop();
    if (page.length > 0) yield page;
    if (isEnd) break;
  }
  if (last === undefined) return;
  const { block } = last.base === 0 ? { block: undefined } : await materialize(storage, blockId, head, last.rev);
  yield [new HistoryRevision(last.record, last.encoded, block)];
}

/** Pages so small that the transforms of one can be in memory. */
async function* inParts(
  pages: AsyncIterable<readonly NumberedRevision[]>,
): AsyncGenerator<readonly NumberedRevision[]> {
  for await (const page of pages) {
    for (let at = 0; at < page.length; at += PAGE_REVISIONS) yield page.slice(at, at + PAGE_REVISIONS);
  }
}

/** The next revision above `rev`, or the end of its range: up to there the history is known to be complete. */
async function nextRevision(
  storage: IRawStorage,
  blockId: BlockId,
  rev: number,
  end: number | undefined,
): Promise<number> {
  const to = end === undefined ? Number.MAX_SAFE_INTEGER : end - 1;
  // Where the range ends right above it there is nothing to look for, and a scan from there would go downwards.
  const next = rev < to ? storage.listRevisions(blockId, rev + 1, to, { limit: 1 }) : [];
  for await (const above of next) return above.rev;
  return end ?? rev + 1;
}

/** The content at the floor of a history. */
export function floorContent(floor: HistoryRevision): IBlock | undefined {
  return floor.base === 0 ? applyTransform(undefined, floor.transform) : floor.block;
}
