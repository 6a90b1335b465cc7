import { RestoreFailedError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '../../../src/storage/index.js';

const header = { id: 'a', type: 't', collectionId: 'a' };

/** A repository that nobody helps, and what the repository (and nothing else) told the log. */
function repoWithLog() {
  const logged: unknown[][] = [];
  const forComponent = (name: string) =>
    Object.assign(() => undefined, {
      enabled: false,
      trace: () => undefined,
      error: (...args: unknown[]) => {
        if (name === 'blockstrata:repo') logged.push(args);
      },
    });
  const storage = new MemoryRawStorage({ logger: { forComponent } });
  const restore = (blockId: string) => Promise.reject(new RestoreFailedError(blockId, 1, 'nobody has it'));
  return { storage, repo: new StorageRepo(id => new BlockStorage(id, storage, restore), { storage }), logged };
}

describe('what fails without ending a call is told to the log', () => {
  it('a listener that throws, one that rejects, and none that does neither', async () => {
    const { repo, logged } = repoWithLog();
    const thrown = new RangeError('thrown');
    const rejected = new RangeError('rejected');
    const heard: string[] = [];
    repo.addEventListener('commit', () => {
      throw thrown;
    });
    const rejecting: () => unknown = () => Promise.reject(rejected);
    repo.addEventListener('commit', rejecting);
    repo.addEventListener('commit', () => void heard.push('nothing'));
    const promised: () => unknown = async () => heard.push('a promise');
    repo.addEventListener('commit', promised);
    await repo.pend({ trxId: 't', transforms: { inserts: { a: { header } } }, rev: 1, policy: 'c' });
    expect(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 })).toEqual({ success: true });
    await new Promise(resolve => setImmediate(resolve));
    expect(heard).toEqual(['nothing', 'a promise']);
    expect(logged).toEqual([
      ['a listener failed: %s', thrown],
      ['a listener failed: %s', rejected],
    ]);
  });

  it('why the base of a commit could not be had', async () => {
    const { repo, logged } = repoWithLog();
    const updates = { a: [['n', -1, 0, 1] as [string, number, number, number]] };
    await repo.pend({ trxId: 't', transforms: { updates }, rev: 2, bases: { a: 1 }, policy: 'c' });
    expect(await repo.commit({ trxId: 't', blockIds: ['a'], rev: 2 })).toMatchObject({ code: 'missing-base' });
    expect(logged).toEqual([['the base of a commit could not be restored: %s', expect.any(RestoreFailedError)]]);
  });

  it('why a block could not be read', async () => {
    const { repo, storage, logged } = repoWithLog();
    await repo.pend({ trxId: 't', transforms: { inserts: { a: { header } } }, rev: 1, policy: 'c' });
    await repo.commit({ trxId: 't', blockIds: ['a'], rev: 1 });
    await storage.deleteMaterializedBlock('a', 't');
    expect(await repo.get({ blockIds: ['a'] })).toMatchObject({ a: { unavailable: 'unmaterializable' } });
    expect(logged).toEqual([['a block could not be read: %s', expect.objectContaining({ code: 'corrupt-record' })]]);
  });
});
