import { StoreLockedError } from '@blockstrata/db-core';
import { metaKey } from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { openedDriver, put } from '../../suites/opened-driver.js';
import { storageSuite } from '../../suites/storage-suite.js';

storageSuite();

describe('a lock that is taken by force', () => {
  it('ends the ownership: the store says so, and takes nothing more (INV-10)', async () => {
    const told: Error[] = [];
    const driver = await openedDriver({ onVanished: error => told.push(error) });
    await driver.write([put('a', 1)]);
    await navigator.locks.request(`blockstrata:${driver.name}`, { steal: true }, () => undefined);
    await expect.poll(() => told).toEqual([expect.any(StoreLockedError)]);
    await expect(driver.write([put('a', 2)])).rejects.toThrow(StoreLockedError);
    await expect(driver.get(metaKey('a'))).rejects.toThrow(StoreLockedError);
  });

  it('names who holds a lock that is refused', async () => {
    const { name } = await openedDriver();
    const { held = [] } = await navigator.locks.query();
    const holder = held.find(lock => lock.name === `blockstrata:${name}`)?.clientId;
    const refusal = await openedDriver({}, name).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'store-locked', holder: `client ${holder}` });
  });
});
