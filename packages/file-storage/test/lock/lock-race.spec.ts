import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreLockedError } from '@blockstrata/db-core';
import { FileRawStorage } from '@blockstrata/file-storage';
import { describe, expect, it } from 'vitest';

const ROUNDS = 100;

describe('owners who come at the same moment', () => {
  it(`are let in one at a time, and the others are told that the store is in use (INV-10, ${ROUNDS} rounds)`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'blockstrata-race-'));
    for (let round = 0; round < ROUNDS; round++) {
      const contenders = [1, 2, 3].map(() => new FileRawStorage(join(folder, String(round % 10))));
      const outcomes = await Promise.allSettled(contenders.map(storage => storage.open()));
      const refusals = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
      expect(refusals).toHaveLength(2);
      for (const refusal of refusals) expect(refusal).toBeInstanceOf(StoreLockedError);
      await Promise.all(contenders.map(storage => storage.close()));
    }
    await rm(folder, { recursive: true });
  });
});
