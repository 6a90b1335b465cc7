import { BlockstrataError, contentEquals, type BlockId, type PendRequest, type TrxId } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type RawStorage } from '@blockstrata/db-p2p/storage';
import { seededRandom } from '../simulation/seeded-random.js';

/** What was asked of a store that ran out of room, and what it acknowledged. */
export type Filled = {
  readonly pended: ReadonlyMap<TrxId, PendRequest>;
  /** The transactions whose commit was acknowledged, by revision: they are dense here. */
  readonly committed: readonly TrxId[];
  /** The one that failed. */
  readonly unknown: TrxId;
  readonly failedAt: 'pend' | 'commit';
  readonly error: BlockstrataError;
};

/** The blocks of each transaction. */
export const BLOCK_IDS: readonly BlockId[] = ['a', 'b', '../c'];

const PAYLOAD_BYTES_MAX = 12_000;
const TRANSACTIONS_MAX = 2_000;

/** A repository over a store, as these tests use it. */
export function repoOver(storage: RawStorage): StorageRepo {
  return new StorageRepo(id => new BlockStorage(id, storage, undefined, { checkpointInterval: 3 }), { storage });
}

/** Commits transactions that touch all blocks, of content that no compression makes smaller, until one fails. */
export async function fillStore(repo: StorageRepo, seed: number): Promise<Filled> {
  const random = seededRandom(seed);
  const pended = new Map<TrxId, PendRequest>();
  const committed: TrxId[] = [];
  for (let rev = 1; rev <= TRANSACTIONS_MAX; rev++) {
    const trxId = `t${rev}`;
    const request = requestOf(trxId, rev, random);
    const pendError = await failureOf(() => repo.pend(request));
    if (pendError !== undefined) return { pended, committed, unknown: trxId, failedAt: 'pend', error: pendError };
    pended.set(trxId, request);
    const error = await failureOf(() => repo.commit({ trxId, blockIds: [...BLOCK_IDS], rev }));
    if (error !== undefined) return { pended, committed, unknown: trxId, failedAt: 'commit', error };
    committed.push(trxId);
  }
  throw new TypeError('the disk does not fill up');
}

/** How a call fails that must succeed or reject; a refusal is neither. */
export async function failureOf(
  call: () => Promise<{ success: boolean } | void>,
): Promise<BlockstrataError | undefined> {
  try {
    const result = await call();
    if (result?.success === false) throw new TypeError(`it was refused: ${JSON.stringify(result)}`);
    return undefined;
  } catch (error) {
    if (error instanceof BlockstrataError) return error;
    throw error;
  }
}

function requestOf(trxId: TrxId, rev: number, random: () => number): PendRequest {
  const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * PAYLOAD_BYTES_MAX) }, () => random() * 256);
  if (rev === 1) {
    const block = (id: BlockId) => ({ header: { id, type: 't', collectionId: 'a' }, list: [trxId], bytes });
    return {
      trxId,
      rev,
      policy: 'f',
      transforms: { inserts: Object.fromEntries(BLOCK_IDS.map(id => [id, block(id)])) },
    };
  }
  const updates: NonNullable<PendRequest['transforms']['updates']> = {};
  for (const id of BLOCK_IDS) {
    updates[id] = [
      ['list', 0, 0, [trxId]],
      ['bytes', -1, 0, bytes],
    ];
  }
  return { trxId, rev, policy: 'f', transforms: { updates } };
}

/** What is wrong with what a store holds, `undefined`: nothing. All of `committed` must be there, in order. */
export async function problemOf(
  repo: StorageRepo,
  committed: readonly TrxId[],
  pended: ReadonlyMap<TrxId, PendRequest>,
): Promise<string | undefined> {
  for (let rev = 1; rev <= committed.length; rev++) {
    const results = await repo.get({ blockIds: [...BLOCK_IDS], context: { rev } });
    const expected = committed.slice(0, rev).reverse();
    const bytes = bytesOf(pended.get(committed[rev - 1] ?? ''));
    for (const blockId of BLOCK_IDS) {
      const block = results[blockId]?.block;
      if (!contentEquals(block?.['list'], expected) || !contentEquals(block?.['bytes'], bytes)) {
        return `${blockId} at ${rev} is not what was committed: ${JSON.stringify(block?.['list'])}`;
      }
    }
  }
  return undefined;
}

function bytesOf(request: PendRequest | undefined): unknown {
  const { inserts, updates } = request?.transforms ?? {};
  return inserts?.['a']?.['bytes'] ?? updates?.['a']?.[1]?.[3];
}
