import { describe, it } from 'vitest';
import { IndexedDBRawStorage } from '../../../src/index.js';
import { runModel } from '../../../../../test/model/run-model.js';
import { answer, freshName } from '../../suites/opened-driver.js';

const RUNS = 100;
const TIMEOUT_MS = 300_000;

describe('a StorageRepo gives the answers, the errors and the state of the model (INV-2, INV-4, INV-5, INV-8)', () => {
  it(
    `on IndexedDB in Chromium, ${RUNS} random sequences of calls`,
    () =>
      runModel<IndexedDBRawStorage>(
        {
          open: cacheBytesMax => new IndexedDBRawStorage(freshName(), { cacheBytesMax, durability: 'relaxed' }),
          reopen: ({ name }, cacheBytesMax) => new IndexedDBRawStorage(name, { cacheBytesMax, durability: 'relaxed' }),
          destroy: async ({ name }) => {
            await answer(indexedDB.deleteDatabase(name));
          },
        },
        RUNS,
      ),
    TIMEOUT_MS,
  );
});
