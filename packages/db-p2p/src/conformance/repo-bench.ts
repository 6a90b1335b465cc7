import type {
  BlockId,
  BlockOperation,
  CommitResult,
  GetBlockResult,
  PendRequest,
  PendResult,
  RepoFailure,
  Transforms,
  TrxContext,
} from '@blockstrata/db-core';
import {
  BlockStorage,
  StorageRepo,
  type IRawStorage,
  type RestoreCallback,
  type StorageRepoOptions,
} from '../storage/index.js';
import { ConformanceError, present, same } from './assertions.js';
import { block } from './samples.js';

/** A repository over a store, which keeps a copy at every eighth revision. */
export function repoOver(
  storage: IRawStorage,
  restore?: RestoreCallback,
  options: StorageRepoOptions = {},
): StorageRepo {
  const create = (blockId: BlockId) => new BlockStorage(blockId, storage, restore, { checkpointInterval: 8 });
  return new StorageRepo(create, { storage, ...options });
}

/** Inserts blocks with these entities. */
export function inserts(blocks: Record<BlockId, Record<string, unknown>>): Transforms {
  return { inserts: fromEntries(Object.entries(blocks).map(([id, entities]) => [id, block(id, entities)])) };
}

/** Updates one block. */
export function updates(blockId: BlockId, ...operations: BlockOperation[]): Transforms {
  return { updates: fromEntries([[blockId, operations]]) };
}

/** Pends and commits; fails unless both succeed. */
export async function transact(repo: StorageRepo, trxId: string, rev: number, transforms: Transforms): Promise<void> {
  const pended = succeeds(await repo.pend({ trxId, rev, transforms, policy: 'c' }), `pend of ${trxId}`);
  succeeds(await repo.commit({ trxId, blockIds: pended.blockIds, rev }), `commit of ${trxId}`);
}

/** Makes a transaction pending; fails unless it becomes so. */
export async function pends(
  repo: StorageRepo,
  request: Omit<PendRequest, 'policy'> & Partial<PendRequest>,
): Promise<void> {
  succeeds(await repo.pend({ policy: 'c', ...request }), `pend of ${request.trxId}`);
}

/** The success in a result. */
export function succeeds<R extends PendResult | CommitResult>(result: R, what: string): Exclude<R, RepoFailure> {
  if (!result.success) throw new ConformanceError(`${what} was refused: ${result.code}, ${result.reason}`, result);
  return result as Exclude<R, RepoFailure>;
}

/** The failure in a result, which must be of this code. */
export function refused(result: PendResult | CommitResult, code: RepoFailure['code'], what: string): RepoFailure {
  if (result.success) throw new ConformanceError(`${what} succeeded instead of being refused as ${code}`);
  same(result.code, code, `why ${what} was refused (${result.reason})`);
  return result;
}

/** What a read finds of one block. */
export async function read(repo: StorageRepo, blockId: BlockId, context?: TrxContext): Promise<GetBlockResult> {
  const results = await repo.get({ blockIds: [blockId], ...(context === undefined ? {} : { context }) });
  return present(results[blockId], `the answer for ${JSON.stringify(blockId)}`);
}

/** One entity of a block as it is read. */
export async function entity(
  repo: StorageRepo,
  blockId: BlockId,
  name: string,
  context?: TrxContext,
): Promise<unknown> {
  return (await read(repo, blockId, context)).block?.[name];
}

function fromEntries<T>(entries: [string, T][]): Record<string, T> {
  return Object.assign(
    Object.create(null) as Record<string, T>,
    ...entries.map(([key, value]) => ({ [key]: value })),
  ) as Record<string, T>;
}
