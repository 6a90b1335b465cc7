import { afterAll, describe, expect, it } from 'vitest';
import { MemoryDriver, RawStorage } from '@blockstrata/db-p2p/storage';
import { runModel } from '../model/run-model.js';
import { RUNS_FACTOR } from '../random-runs.js';
import { RemoteRepos } from './remote-repo.js';

const remotes = new RemoteRepos();

afterAll(() => remotes.stop());

describe('a RepoClient over TCP', () => {
  it(
    'gives the answers, the errors and the state of the model (INV-2, INV-4, INV-5, INV-8)',
    async () => {
      await runModel<RawStorage>(
        {
          open: cacheBytesMax => new RawStorage(new MemoryDriver(), { cacheBytesMax }),
          reopen: ({ driver }, cacheBytesMax) => new RawStorage(driver, { cacheBytesMax }),
          destroy: () => undefined,
        },
        100,
        repo => remotes.over(repo),
      );
      expect(remotes.calls.count).toBeGreaterThan(500);
    },
    120_000 * RUNS_FACTOR,
  );
});
