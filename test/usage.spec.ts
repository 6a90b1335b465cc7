import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BlockStorage,
  MemoryRawStorage,
  StorageRepo,
  type BlockArchive,
  type IRawStorage,
} from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'blockstrata-usage-'))));
afterAll(() => rm(folder, { recursive: true }));

const header = (id: string) => ({ id, type: 'example', collectionId: 'block1' });

/** A peer that has revision 5 of any block. */
async function restoreFromNetwork(blockId: string, rev?: number): Promise<BlockArchive | undefined> {
  if (rev !== undefined && rev < 5) return undefined;
  const block = { header: header(blockId), text: 'from a peer' };
  return {
    blockId,
    range: [5],
    revisions: { 5: { trx: { trxId: 'trx5', transform: { insert: block } }, base: 0, block } },
  };
}

describe.each([
  ['memory', () => new MemoryRawStorage()],
  ['files', () => new FileRawStorage(join(folder, 'files'))],
  ['LevelDB', () => new LevelDBRawStorage(join(folder, 'leveldb'))],
] as const)('the usage that the library promises, on %s', (_, makeStorage: () => IRawStorage) => {
  it('reads, pends and commits two blocks as it stands there', async () => {
    const rawStorage = makeStorage();
    const restoreCallback = restoreFromNetwork;

    const repo = new StorageRepo(blockId => new BlockStorage(blockId, rawStorage, restoreCallback));
    const result = await repo.get({ blockIds: ['block1', 'block2'], context: { rev: 10, trxId: 'trx123' } });
    const transforms = {
      inserts: { block1: { header: header('block1'), items: ['a'] }, block2: { header: header('block2'), items: [] } },
    };
    const pendResult = await repo.pend({ trxId: 'trx124', transforms, rev: 11, policy: 'w' });
    const commitResult = await repo.commit({ trxId: 'trx124', blockIds: ['block1', 'block2'], rev: 11 });

    // Never seen here, and no tip to go by: neither block nor latest.
    expect({ ...result }).toEqual({ block1: { state: {} }, block2: { state: {} } });
    expect(pendResult).toEqual({ success: true, pending: [], blockIds: ['block1', 'block2'] });
    expect(commitResult).toEqual({ success: true });
    const after = await repo.get({ blockIds: ['block1'] });
    expect(after.block1).toMatchObject({
      rev: 11,
      block: transforms.inserts.block1,
      state: { latest: { trxId: 'trx124', rev: 11 } },
    });
    await rawStorage.close();
  });

  it('restores what one block lacks', async () => {
    const fileStorage = makeStorage();
    const blockStorage = new BlockStorage('block123', fileStorage, async (blockId, rev) =>
      restoreFromNetwork(blockId, rev),
    );

    expect(await blockStorage.getLatest()).toBeUndefined();
    await blockStorage.ensureRevision(7);
    expect(await blockStorage.getLatest()).toEqual({ trxId: 'trx5', rev: 5 });
    expect((await blockStorage.getBlock(7))?.block?.text).toBe('from a peer');
    await fileStorage.close();
  });
});
