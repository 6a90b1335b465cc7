import type { IBlock } from '@blockstrata/db-core';
import { describe, expect, it } from 'vitest';
import { RawStorage, type PendingRecord } from '../../../src/storage/index.js';
import { SlowDriver } from './slow-driver.js';

const pending = (): PendingRecord => ({ transform: Object.freeze({}), time: 1 });
const header = Object.freeze({ id: 'a', type: 't', collectionId: 'c' });

describe('what was written', () => {
  it('is answered without a read, where nobody can change it any more (INV-13)', async () => {
    const driver = new SlowDriver();
    const storage = new RawStorage(driver);
    const head = Object.freeze({
      ranges: Object.freeze([]) as unknown as [],
      pendings: Object.freeze(['t']) as string[],
    });
    const copy = Object.freeze({ header, bytes: Uint8Array.of(1) });
    await storage
      .batch()
      .deletePendingTransaction('b', 'gone')
      .savePendingTransaction('a', 't', Object.freeze(pending()))
      .saveMetadata('a', head)
      .saveMaterializedBlock('a', 't', copy)
      .write();
    driver.readCount = 0;
    expect(await storage.getMetadata('a')).toEqual(head);
    expect(storage.getPendingTransaction('a', 't')).toEqual(pending());
    for (let i = 0; i < 2; i++) {
      const found = storage.getMaterializedBlock('a', 't') as IBlock;
      expect(found).toEqual({ header, bytes: Uint8Array.of(1) });
      (found.bytes as Uint8Array).fill(9);
    }
    expect(driver.readCount).toBe(0);
    await storage.close();
  });

  it('is read where its writer still has it to change, or where it is history', async () => {
    const driver = new SlowDriver();
    const storage = new RawStorage(driver);
    await storage
      .batch()
      .savePendingTransaction('a', 't', pending())
      .saveRevision('a', 1, Object.freeze({ trxId: 't' }))
      .write();
    driver.readCount = 0;
    expect(await storage.getPendingTransaction('a', 't')).toEqual(pending());
    expect(await storage.getRevision('a', 1)).toEqual({ trxId: 't' });
    expect(driver.readCount).toBe(2);
    await storage.close();
  });

  it('is gone where it was deleted since, whatever it is', async () => {
    const storage = new RawStorage(new SlowDriver());
    const batch = storage.batch().saveMetadata('a', { ranges: [] }).saveRevision('a', 1, { trxId: 't' });
    await batch
      .saveTransaction('a', 't', { transform: {}, rev: 1 })
      .saveMaterializedBlock('a', 't', { header })
      .write();
    await storage
      .batch()
      .deleteMetadata('a')
      .deleteRevision('a', 1)
      .deleteTransaction('a', 't')
      .deleteMaterializedBlock('a', 't')
      .write();
    const found = [storage.getMetadata('a'), storage.getRevision('a', 1), storage.getTransaction('a', 't')];
    expect(await Promise.all([...found, storage.getMaterializedBlock('a', 't')])).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
    await storage.close();
  });
});
