import { expect, it } from 'vitest';
import { BlockStorage, exportArchive, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

it('lets others have their turn while a long archive is installed', async () => {
  const source = new MemoryRawStorage();
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, source), { storage: source });
  const header = { id: 'a', type: 't', collectionId: 'a' };
  for (let rev = 1; rev <= 1_100; rev++) {
    const transforms = rev === 1 ? { inserts: { a: { header } } } : { updates: { a: [['n', -1, 0, rev] as never] } };
    await repo.pend({ trxId: `t${rev}`, rev, policy: 'f', transforms });
    await repo.commit({ trxId: `t${rev}`, blockIds: ['a'], rev });
  }
  const archive = await exportArchive(source, 'a', undefined);
  const storage = new MemoryRawStorage();
  let turns = 0;
  let isInstalling = true;
  const count = (): void => {
    turns++;
    if (isInstalling) setImmediate(count);
  };
  const block = new BlockStorage('a', storage, async () => {
    setImmediate(count);
    return archive;
  });
  await block.ensureRevision(1_100);
  isInstalling = false;
  expect((await block.getLatest())?.rev).toBe(1_100);
  expect(turns).toBeGreaterThanOrEqual(4);
});
