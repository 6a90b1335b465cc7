import { createHash } from 'node:crypto';
import type { BlockId } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type IRawStorage } from '@blockstrata/db-p2p/storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import type { Acknowledged } from './coordinator.js';

/** What a node's disk holds, once the node has stopped. */
export type ReadBack = {
  /** SHA-256 over the content of all blocks, as it is read from the disk. */
  readonly digest: string;
  /** Acknowledged transactions that are not there in full. */
  readonly lost: readonly string[];
  /** Transactions that are there on some of their blocks only. */
  readonly torn: readonly string[];
};

/** Opens the store of a node that has stopped, and reads all of it. */
export async function readBack(
  directory: string,
  blockIds: readonly BlockId[],
  attempted: ReadonlyMap<string, readonly BlockId[]>,
  acknowledged: readonly Acknowledged[],
): Promise<ReadBack> {
  const storage = new LevelDBRawStorage(directory, { create: false });
  try {
    const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
    const read = await repo.get({ blockIds: [...blockIds] });
    const hash = createHash('sha256');
    for (const blockId of [...blockIds].sort()) {
      const { block, state } = read[blockId] ?? {};
      hash.update(JSON.stringify([blockId, state?.latest, block]));
    }
    const held = await transactionsOf(storage, blockIds);
    const report = await repo.verify();
    if (report.violationsTotal > 0) throw new TypeError(`${directory} has ${report.violationsTotal} violations`);
    return {
      digest: hash.digest('hex'),
      lost: acknowledged
        .filter(({ trxId, blockIds: on }) => !on.every(id => held.get(id)?.has(trxId)))
        .map(({ trxId }) => trxId),
      torn: [...attempted].filter(([trxId, on]) => isTorn(trxId, on, held)).map(([trxId]) => trxId),
    };
  } finally {
    await storage.close();
  }
}

async function transactionsOf(storage: IRawStorage, blockIds: readonly BlockId[]): Promise<Map<BlockId, Set<string>>> {
  const held = new Map<BlockId, Set<string>>();
  for (const blockId of blockIds) {
    const trxIds = new Set<string>();
    for await (const { trxId } of storage.listRevisions(blockId, 1, Number.MAX_SAFE_INTEGER)) trxIds.add(trxId);
    held.set(blockId, trxIds);
  }
  return held;
}

function isTorn(trxId: string, blockIds: readonly BlockId[], held: ReadonlyMap<BlockId, ReadonlySet<string>>): boolean {
  const there = blockIds.filter(blockId => held.get(blockId)?.has(trxId)).length;
  return there > 0 && there < blockIds.length;
}
