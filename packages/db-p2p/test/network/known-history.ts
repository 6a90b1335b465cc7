import type { BlockOperation } from '@blockstrata/db-core';
import {
  BlockStorage,
  exportArchive,
  MemoryRawStorage,
  StorageRepo,
  type BlockArchive,
} from '../../src/storage/index.js';

/** The revisions of the block of {@link knownHistory}: 3, 6, … 150. */
export const KNOWN_REVISIONS: readonly number[] = Array.from({ length: 50 }, (_, i) => 3 * (i + 1));

/** A store with a block whose history everybody in these tests knows; `tag` makes another history of it. */
export async function knownHistory(
  blockId: string,
  tag = '',
): Promise<{ storage: MemoryRawStorage; repo: StorageRepo }> {
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  for (const rev of KNOWN_REVISIONS) {
    const trxId = `trx-${rev}${tag}`;
    const operation: BlockOperation = ['lines', 0, 0, [`line of ${rev}${tag}`]];
    const header = { id: blockId, type: 'note', collectionId: blockId };
    const transforms =
      rev === 3 ? { inserts: { [blockId]: { header, lines: [] } } } : { updates: { [blockId]: [operation] } };
    await repo.pend({ trxId, rev, policy: 'f', transforms });
    await repo.commit({ trxId, blockIds: [blockId], rev });
  }
  return { storage, repo };
}

/** The part of that history that covers `rev`. */
export async function knownArchive(blockId: string, rev?: number, tag = '', above?: number): Promise<BlockArchive> {
  const { storage } = await knownHistory(blockId, tag);
  const archive = await exportArchive(storage, blockId, rev, above === undefined ? {} : { above });
  await storage.close();
  if (archive === undefined) throw new TypeError(`revision ${rev} is not known`);
  return archive;
}
