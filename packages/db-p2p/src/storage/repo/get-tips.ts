import {
  CorruptRecordError,
  type BlockId,
  type CheckedGets,
  type GetBlockResult,
  type IBlock,
} from '@blockstrata/db-core';
import { isHeld } from '../block/head.js';
import type { MaybePromise } from '../driver/store-driver.js';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata } from '../records.js';

type Results = Record<BlockId, GetBlockResult>;

/**
 * The tips of blocks by the shortest way; `undefined` where something is in it, be it that a block is not held, that a
 * commit came between head and copy, or damage: then the long way tells. What is at hand costs no promise, and one
 * synchronous step is a consistent cut by nature (INV-2).
 */
export function getTips(storage: IRawStorage, gets: CheckedGets): MaybePromise<Results | undefined> {
  try {
    const heads = storage.getMetadataMany(gets.blockIds);
    if (heads instanceof Promise) return unlessDamaged(heads.then(read => readCopies(storage, gets.blockIds, read)));
    const results = readCopies(storage, gets.blockIds, heads);
    return results instanceof Promise ? unlessDamaged(results) : results;
  } catch (error) {
    if (error instanceof CorruptRecordError) return undefined;
    throw error;
  }
}

/** Whether a read asks for tips and nothing else. */
export function asksForTips({ rev, trxId, committed }: CheckedGets): boolean {
  return rev === undefined && trxId === undefined && committed.length === 0;
}

function readCopies(
  storage: IRawStorage,
  blockIds: readonly BlockId[],
  heads: readonly (BlockMetadata | undefined)[],
): MaybePromise<Results | undefined> {
  if (!heads.every(isHeld)) return undefined;
  const copies = heads.map((head, i) =>
    head.deleted === true ? undefined : storage.getMaterializedBlock(blockIds[i] ?? '', head.latest.trxId),
  );
  return copies.some(copy => copy instanceof Promise)
    ? Promise.all(copies.map(async copy => copy)).then(read => assemble(blockIds, heads, read))
    : assemble(blockIds, heads, copies as (IBlock | undefined)[]);
}

function assemble(
  blockIds: readonly BlockId[],
  heads: readonly (BlockMetadata & { latest: { rev: number; trxId: string } })[],
  copies: readonly (IBlock | undefined)[],
): Results | undefined {
  const results = Object.create(null) as Results;
  for (let i = 0; i < heads.length; i++) {
    const head = heads[i];
    const copy = copies[i];
    if (head === undefined || (copy === undefined && head.deleted !== true)) return undefined;
    const result: GetBlockResult = { rev: head.latest.rev, state: { latest: head.latest } };
    if (copy !== undefined) result.block = copy;
    if (head.pendings !== undefined) result.state.pendings = [...head.pendings];
    results[blockIds[i] ?? ''] = result;
  }
  return results;
}

async function unlessDamaged(results: Promise<Results | undefined>): Promise<Results | undefined> {
  try {
    return await results;
  } catch (error) {
    if (error instanceof CorruptRecordError) return undefined;
    throw error;
  }
}
