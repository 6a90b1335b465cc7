import { StoreClosedError, StoreLockedError } from '@blockstrata/db-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IndexedDBDriver, IndexedDBRawStorage, type IndexedDBRawStorageOptions } from '../../src/index.js';
import { freshName } from './opened-driver.js';

function newStorage(name: string, options: IndexedDBRawStorageOptions = {}): IndexedDBRawStorage {
  const storage = new IndexedDBRawStorage(name, options);
  onTestFinished(() => storage.close());
  return storage;
}

/** Registers the tests of the store as an application has it. */
export function storageSuite(): void {
  describe('the store of an application', () => {
    it('refuses a name or a deadline that cannot be meant', () => {
      expect(() => new IndexedDBRawStorage('')).toThrow(TypeError);
      expect(() => new IndexedDBRawStorage('n', { blockedTimeoutMs: 0 })).toThrow(TypeError);
      expect(() => new IndexedDBDriver('')).toThrow(TypeError);
    });

    it('is opened by its first use, and a second one by its own once the first has closed', async () => {
      const name = freshName();
      const first = newStorage(name);
      await first.saveRevision('b', 1, { trxId: 't' });
      const second = newStorage(name);
      await expect(second.getRevision('b', 1)).rejects.toThrow(StoreLockedError);
      await first.close();
      expect(await second.getRevision('b', 1)).toEqual({ trxId: 't' });
    });

    it('closes at once while it waits for another owner, who is not disturbed', async () => {
      const name = freshName();
      const owner = newStorage(name);
      await owner.open();
      const waiting = newStorage(name, { wait: true });
      const opening = expect(waiting.open()).rejects.toThrow(StoreClosedError);
      await waiting.close();
      await opening;
      await owner.saveRevision('b', 1, { trxId: 't' });
    });

    it('tells how much room there is, and what became of asking for persistence', async () => {
      const storage = newStorage(freshName(), { persist: true });
      expect(storage.persistence).toBe('unasked');
      await storage.open();
      await expect.poll(() => storage.persistence).toMatch(/^(granted|refused|unsupported)$/);
      const { usageBytes, quotaBytes } = await storage.room();
      if (usageBytes !== undefined) expect(quotaBytes).toBeGreaterThan(usageBytes);
      await storage.saveRevision('b', 1, { trxId: 't' });
      expect(await storage.estimateSize()).toBeGreaterThan(0);
    });
  });
}
