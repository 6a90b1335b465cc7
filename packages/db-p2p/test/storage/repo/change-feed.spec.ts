import { StoreClosedError } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import type { LogEntry, ScanRange } from '../../../src/storage/index.js';
import { BlockStorage, MemoryDriver, RawStorage, StorageRepo } from '../../../src/storage/index.js';

/** Counts what is read in order. */
class CountingDriver extends MemoryDriver {
  scans = 0;

  override scan(range: ScanRange) {
    this.scans++;
    return super.scan(range);
  }
}

async function repoWithEntries(count: number) {
  const driver = new CountingDriver();
  const storage = new RawStorage(driver);
  const repo = new StorageRepo(id => new BlockStorage(id, storage), { storage });
  const commit = async (rev: number) => {
    const header = { id: `b${rev}`, type: 't', collectionId: 'c' };
    await repo.pend({ trxId: `t${rev}`, transforms: { inserts: { [header.id]: { header } } }, rev, policy: 'c' });
    await repo.commit({ trxId: `t${rev}`, blockIds: [header.id], rev });
  };
  for (let rev = 1; rev <= count; rev++) await commit(rev);
  return { driver, storage, repo, commit };
}

const standstill = () => new Promise(resolve => setImmediate(resolve));

describe('who follows the changes', () => {
  it('reads nothing while nothing comes, and ends when the store closes', async () => {
    const { driver, storage, repo, commit } = await repoWithEntries(2);
    const seen: number[] = [];
    const following = (async () => {
      for await (const { seq } of repo.changes({ from: 1 })) seen.push(seq);
    })();
    const ended = expect(following).rejects.toThrow(StoreClosedError);
    await standstill();
    expect(seen).toEqual([2]);
    const { scans } = driver;
    for (let turn = 0; turn < 5; turn++) await standstill();
    expect(driver.scans).toBe(scans);
    await commit(3);
    await standstill();
    expect(seen).toEqual([2, 3]);
    await storage.close();
    await ended;
  });

  it.each([0, 3])('is told nothing more once its signal is aborted, with %i entries to come', async count => {
    const { repo } = await repoWithEntries(count);
    const reason = new RangeError('enough');
    const before = repo.changes({ signal: AbortSignal.abort(reason) });
    await expect(before[Symbol.asyncIterator]().next()).rejects.toBe(reason);
    const caller = new AbortController();
    const seen: LogEntry[] = [];
    const following = (async () => {
      for await (const entry of repo.changes({ signal: caller.signal })) {
        seen.push(entry);
        caller.abort(reason);
      }
    })();
    if (count === 0) caller.abort(reason);
    await expect(following).rejects.toBe(reason);
    expect(seen).toHaveLength(Math.min(count, 1));
  });
});
