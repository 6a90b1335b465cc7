import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

describe('who listens for commits', () => {
  it('is told of each until it is removed, and cannot disturb the commit', async () => {
    const storage = new MemoryRawStorage();
    const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
    const heard: string[] = [];
    const removed = () => void heard.push('removed');
    const never = () => undefined;
    const failing: () => unknown = () => Promise.reject(new RangeError('a listener that fails'));
    repo.addEventListener('commit', removed);
    repo.addEventListener('commit', failing);
    const object = { handleEvent: () => void heard.push('object') };
    repo.addEventListener('commit', object);
    repo.addEventListener('commit', object);
    repo.removeEventListener('commit', removed);
    repo.removeEventListener('commit', never);
    await repo.pend({ trxId: 't', transforms: { inserts: { a: { header } } }, rev: 1, policy: 'c' });
    expect(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 })).toEqual({ success: true });
    await new Promise(resolve => setImmediate(resolve));
    expect(heard).toEqual(['object']);
    await storage.close();
  });
});
