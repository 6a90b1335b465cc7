import { StoreBlockedError, StoreVanishedError } from '@blockstrata/db-core';
import { metaKey } from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { IndexedDBDriver } from '../../src/index.js';
import { answer, databaseExists, freshName, openedDriver, openOptions, put } from './opened-driver.js';

/** Registers the tests of other tabs that delete or upgrade the database. */
export function interruptionsSuite(): void {
  describe('other tabs', () => {
    it('lets another tab delete the database, says so, and does not make it anew', async () => {
      const told: Error[] = [];
      const driver = await openedDriver({ onVanished: error => told.push(error) });
      await driver.write([put('a', 1)]);
      await answer(indexedDB.deleteDatabase(driver.name));
      expect(told).toEqual([expect.any(StoreVanishedError)]);
      await expect(driver.get(metaKey('a'))).rejects.toThrow(StoreVanishedError);
      await expect(driver.write([put('a', 2)])).rejects.toThrow(StoreVanishedError);
      expect(await databaseExists(driver.name)).toBe(false);
      await driver.close(Uint8Array.of(1));
      await driver.open(openOptions());
      expect(await driver.get(metaKey('a'))).toBeUndefined();
    });

    it('makes way for a newer version, and the writes that were under way complete', async () => {
      const driver = await openedDriver();
      const writing = driver.write([put('a', 1)]);
      const request = indexedDB.open(driver.name, 2);
      await writing;
      const db = await answer(request);
      await expect(driver.write([put('a', 2)])).rejects.toThrow(/version 2/);
      expect(await answer(db.transaction('meta').objectStore('meta').get('a'))).toEqual(Uint8Array.of(1));
      db.close();
    });

    it('says after a deadline that another tab keeps it from opening', async () => {
      const name = freshName();
      const holder = await answer(indexedDB.open(name, 1));
      const deletion = answer(indexedDB.deleteDatabase(name));
      const driver = new IndexedDBDriver(name, { blockedTimeoutMs: 200 });
      await expect(driver.open(openOptions())).rejects.toThrow(StoreBlockedError);
      holder.close();
      await deletion;
      await driver.open(openOptions());
      await driver.write([put('a', 1)]);
      await driver.close(undefined);
    });
  });
}
