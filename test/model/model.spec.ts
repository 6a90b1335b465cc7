import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { MemoryDriver, RawStorage } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { RUNS_FACTOR } from '../random-runs.js';
import { runModel } from './run-model.js';

const TIMEOUT_MS = 240_000 * RUNS_FACTOR;

const newDirectory = async () => join(await mkdtemp(join(tmpdir(), 'blockstrata-model-')), 'store');
const destroy = ({ name }: RawStorage) => rm(dirname(name), { recursive: true, force: true });

describe('a StorageRepo gives the answers, the errors and the state of the model (INV-2, INV-4, INV-5, INV-8)', () => {
  it(
    'in memory',
    () =>
      runModel<RawStorage>(
        {
          open: cacheBytesMax => new RawStorage(new MemoryDriver(), { cacheBytesMax }),
          reopen: ({ driver }, cacheBytesMax) => new RawStorage(driver, { cacheBytesMax }),
          destroy: () => undefined,
        },
        1_000,
      ),
    TIMEOUT_MS,
  );

  it(
    'on files',
    () =>
      runModel<FileRawStorage>(
        {
          open: async cacheBytesMax =>
            new FileRawStorage(await newDirectory(), { cacheBytesMax, durability: 'relaxed' }),
          reopen: ({ name }, cacheBytesMax) => new FileRawStorage(name, { cacheBytesMax, durability: 'relaxed' }),
          destroy,
        },
        200,
      ),
    TIMEOUT_MS,
  );

  it(
    'on LevelDB',
    () =>
      runModel<LevelDBRawStorage>(
        {
          open: async cacheBytesMax =>
            new LevelDBRawStorage(await newDirectory(), { cacheBytesMax, durability: 'relaxed' }),
          reopen: ({ name }, cacheBytesMax) => new LevelDBRawStorage(name, { cacheBytesMax, durability: 'relaxed' }),
          destroy,
        },
        200,
      ),
    TIMEOUT_MS,
  );
});
