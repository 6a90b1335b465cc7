import {
  CorruptRecordError,
  StoreFormatError,
  StoreLockedError,
  StoreMissingError,
  StoreVanishedError,
} from '@blockstrata/db-core';
import { metaKey } from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { IndexedDBDriver } from '../../src/index.js';
import { answer, databaseExists, freshName, openedDriver, openOptions, put } from './opened-driver.js';

async function rawWrite(name: string, store: string, write: (store: IDBObjectStore) => void): Promise<void> {
  const db = await answer(indexedDB.open(name));
  const trx = db.transaction(store, 'readwrite');
  write(trx.objectStore(store));
  await new Promise(resolve => (trx.oncomplete = resolve));
  db.close();
}

/** Registers the tests of who owns a store, and of what may be opened. */
export function ownershipSuite(): void {
  describe('one owner (INV-10)', () => {
    it('refuses a second owner, and admits it once the first has closed', async () => {
      const first = await openedDriver();
      const second = new IndexedDBDriver(first.name);
      await expect(second.open(openOptions())).rejects.toThrow(StoreLockedError);
      await first.close(undefined);
      await second.open(openOptions());
      await second.close(undefined);
    });

    it('lets one who waits be the next owner', async () => {
      const first = await openedDriver();
      await first.write([put('a', 1)]);
      const second = new IndexedDBDriver(first.name, { wait: true });
      let opened = false;
      const opening = second.open(openOptions()).then(() => (opened = true));
      await first.write([put('a', 2)]);
      expect(opened).toBe(false);
      await first.close(undefined);
      await opening;
      expect(await second.get(metaKey('a'))).toEqual(Uint8Array.of(2));
      await second.close(undefined);
    });

    it('gives up waiting when the signal aborts, with its reason', async () => {
      const first = await openedDriver();
      const controller = new AbortController();
      const second = new IndexedDBDriver(first.name, { wait: true, signal: controller.signal });
      const opening = second.open(openOptions());
      const reason = new TypeError('the user went away');
      controller.abort(reason);
      await expect(opening).rejects.toBe(reason);
      await first.write([put('a', 1)]);
    });

    it('writes nothing for an owner whose header another has replaced', async () => {
      const driver = await openedDriver();
      await driver.write([put('a', 1)]);
      await rawWrite(driver.name, 'header', store => store.put(Uint8Array.of(99), 'header'));
      await expect(driver.write([put('a', 2)])).rejects.toThrow(StoreLockedError);
      expect(await driver.get(metaKey('a'))).toEqual(Uint8Array.of(1));
      await rawWrite(driver.name, 'header', store => store.delete('header'));
      await expect(driver.write([put('a', 2)])).rejects.toThrow(StoreVanishedError);
    });
  });

  describe('the header', () => {
    it('is what was admitted, and what close() leaves', async () => {
      const name = freshName();
      const seen: (Uint8Array | undefined)[] = [];
      const admit = (header: Uint8Array | undefined) => {
        seen.push(header);
        return { bytes: Uint8Array.of(seen.length), epoch: seen.length };
      };
      for (const mark of [undefined, Uint8Array.of(77), undefined]) {
        const driver = new IndexedDBDriver(name);
        await driver.open(openOptions({ admit }));
        await driver.close(mark);
      }
      expect(seen).toEqual([undefined, Uint8Array.of(1), Uint8Array.of(77)]);
    });

    it('stays as it is when it is not admitted, and the store can be had again', async () => {
      const driver = await openedDriver();
      await driver.write([put('a', 1)]);
      await driver.close(undefined);
      const refusal = new StoreFormatError(driver.name, 'is newer');
      const admit = () => {
        throw refusal;
      };
      await expect(driver.open(openOptions({ admit }))).rejects.toBe(refusal);
      let seen: Uint8Array | undefined;
      await driver.open(openOptions({ admit: header => ({ bytes: (seen = header!), epoch: 1 }) }));
      expect(seen).toEqual(Uint8Array.of(1));
      expect(await driver.get(metaKey('a'))).toEqual(Uint8Array.of(1));
    });

    it('that is missing where records are there is damage, and no new store', async () => {
      const driver = await openedDriver();
      await driver.write([put('a', 1)]);
      await driver.close(undefined);
      await rawWrite(driver.name, 'header', store => store.delete('header'));
      await expect(driver.open(openOptions())).rejects.toThrow(CorruptRecordError);
    });
  });

  describe('what may be opened', () => {
    it('creates nothing where `create` is false', async () => {
      const driver = new IndexedDBDriver(freshName());
      await expect(driver.open(openOptions({ create: false }))).rejects.toThrow(StoreMissingError);
      expect(await databaseExists(driver.name)).toBe(false);
    });

    it.each([
      ['of another layout', 1],
      ['of a newer version', 9],
    ])('refuses a database %s, and leaves it as it was', async (_, version) => {
      const name = freshName();
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => request.result.createObjectStore('foreign');
      (await answer(request)).close();
      await expect(new IndexedDBDriver(name).open(openOptions())).rejects.toThrow(StoreFormatError);
      const db = await answer(indexedDB.open(name));
      expect([db.version, ...db.objectStoreNames]).toEqual([version, 'foreign']);
      db.close();
    });

    it('refuses a record that is no byte array', async () => {
      const driver = await openedDriver();
      await rawWrite(driver.name, 'meta', store => store.put('text', 'a'));
      await expect(driver.get(metaKey('a'))).rejects.toThrow(CorruptRecordError);
      await expect(driver.scan({ kind: 'meta', limit: 10 })).rejects.toThrow(CorruptRecordError);
    });
  });
}
