import { rm } from 'node:fs/promises';
import { conformance, CONFORMANCE_CASE_COUNT } from '@blockstrata/db-p2p/conformance';
import type { RecordKey } from '@blockstrata/db-p2p/storage';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it } from 'vitest';
import { LevelDBRawStorage } from '../src/index.js';
import { failNextWrite, failReads, heal } from './faulty-level.js';
import { temporaryDirectory } from './raw-database.js';

// Behind the back of the store: its records stay whole to LevelDB, so that only the kernel's checksum can tell.
async function damage(storage: LevelDBRawStorage, { encoded }: RecordKey): Promise<LevelDBRawStorage> {
  await storage.close();
  const level = new ClassicLevel<string, Uint8Array>(storage.name, { keyEncoding: 'utf8', valueEncoding: 'view' });
  const value = await level.get(encoded);
  if (value === undefined) throw new TypeError('there is nothing to damage');
  value[Math.floor(value.length / 2)] = (value[Math.floor(value.length / 2)] ?? 0) ^ 1;
  await level.put(encoded, value);
  await level.close();
  return new LevelDBRawStorage(storage.name);
}

describe('LevelDBRawStorage', () => {
  const { cases, skipped } = conformance<LevelDBRawStorage>({
    describe,
    it,
    open: async options => new LevelDBRawStorage(await temporaryDirectory(), options),
    reopen: (storage, options) => {
      heal(storage.name);
      return new LevelDBRawStorage(storage.name, options);
    },
    destroy: storage => rm(storage.name, { recursive: true }),
    faults: {
      damage,
      failReads: storage => failReads(storage.name),
      failNextWrite: storage => failNextWrite(storage.name),
    },
  });

  it('runs every case', () => {
    expect(cases).toBe(CONFORMANCE_CASE_COUNT);
    expect(skipped).toBe(0);
  });
});
