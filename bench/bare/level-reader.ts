import { applyTransform, type BlockId, type IBlock, type TrxId } from '@blockstrata/db-core';
import {
  metaKey,
  revKey,
  trxKey,
  type BlockMetadata,
  type RevisionRecord,
  type TrxRecord,
} from '@blockstrata/db-p2p/storage';
import { WrongResultError } from '../stores/commit-target.js';
import { openRawLevel, type RawLevel } from '../stores/raw-level.js';
import type { Query, ReadSession } from '../stores/reader.js';
import { openFrame } from './frame.js';

/**
 * What reading costs in this format without an engine: the head, then the copy at the tip; or the revisions, link by link
 * down to the nearest kept copy, that copy, and the transforms from there. No cache, no validation, no consistent cut.
 */
export async function openBareLevelReader(directory: string): Promise<ReadSession> {
  const db = await openRawLevel(directory);
  const readOne = (blockId: BlockId, rev: number | undefined) =>
    rev === undefined ? readTip(db, blockId) : readPast(db, blockId, rev);
  const read = ({ blockIds, rev }: Query) => Promise.all(blockIds.map(async blockId => readOne(blockId, rev)));
  return {
    read,
    blocks: read,
    async warmEngine(queries) {
      for (const { blockIds } of queries) for (const blockId of blockIds) readTip(db, blockId);
    },
    close: () => db.close(),
  };
}

/** What handing out a cached block costs at the least: one look into a Map for each, and an answer in a promise. */
export async function openBareCacheReader(directory: string, queries: readonly Query[]): Promise<ReadSession> {
  const db = await openRawLevel(directory);
  const cached = new Map<BlockId, IBlock>();
  for (const { blockIds } of queries) for (const blockId of blockIds) cached.set(blockId, readTip(db, blockId));
  const read = async ({ blockIds }: Query) => {
    const results: Record<BlockId, object> = {};
    for (const blockId of blockIds) results[blockId] = { block: cached.get(blockId) };
    return results;
  };
  return {
    read,
    blocks: async ({ blockIds }) => blockIds.map(blockId => cached.get(blockId)),
    close: () => db.close(),
  };
}

function readTip(db: RawLevel, blockId: BlockId): IBlock {
  const head = recordAt<BlockMetadata>(db, metaKey(blockId).encoded);
  return recordAt<IBlock>(db, trxKey('block', blockId, head.latest?.trxId ?? '').encoded);
}

function readPast(db: RawLevel, blockId: BlockId, rev: number): IBlock {
  recordAt<BlockMetadata>(db, metaKey(blockId).encoded);
  const replayed: TrxId[] = [];
  let block: IBlock | undefined;
  for (let next = rev; next > 0;) {
    const { trxId, base, checkpoint } = recordAt<RevisionRecord>(db, revKey(blockId, next).encoded);
    if (checkpoint === true) {
      block = recordAt<IBlock>(db, trxKey('block', blockId, trxId).encoded);
      break;
    }
    replayed.push(trxId);
    next = base ?? 0;
  }
  for (const trxId of replayed.reverse()) {
    block = applyTransform(block, recordAt<TrxRecord>(db, trxKey('trx', blockId, trxId).encoded).transform);
  }
  if (block === undefined) throw new WrongResultError(`block ${blockId} was absent at ${rev}`);
  return block;
}

function recordAt<T extends object>(db: RawLevel, encoded: string): T {
  const value = db.getSync(encoded);
  if (value === undefined) throw new WrongResultError(`there is nothing under ${encoded}`);
  return openFrame(encoded, value) as T;
}
