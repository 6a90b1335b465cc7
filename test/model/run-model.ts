import fc from 'fast-check';
import { BlockStorage, StorageRepo, type IRawStorage } from '@blockstrata/db-p2p/storage';
import { randomRuns } from '../random-runs.js';
import { repoCommands, type RealRepo } from './commands.js';
import { expectSameState } from './full-state.js';
import { ModelRepo } from './model-repo.js';

/** How a backend is opened, opened again and removed. */
export type ModelBackend<S extends IRawStorage> = {
  open(cacheBytesMax: number): Promise<S> | S;
  reopen(storage: S, cacheBytesMax: number): Promise<S> | S;
  destroy(storage: S): Promise<void> | void;
};

/** Runs sequences of calls on a backend and on the model: same results, same errors, same full state. */
export async function runModel<S extends IRawStorage>(
  backend: ModelBackend<S>,
  runs: number,
  wrap: (repo: StorageRepo) => StorageRepo = repo => repo,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      repoCommands(),
      fc.constantFrom(0, 1 << 20),
      fc.integer({ min: 1, max: 4 }),
      async (commands, cacheBytesMax, checkpointInterval) => {
        let storage = await backend.open(cacheBytesMax);
        const makeRepo = () =>
          wrap(new StorageRepo(id => new BlockStorage(id, storage, undefined, { checkpointInterval }), { storage }));
        const model = new ModelRepo();
        const real: RealRepo = {
          storage,
          repo: makeRepo(),
          async reopen() {
            await storage.close();
            real.storage = storage = await backend.reopen(storage, cacheBytesMax);
            real.repo = makeRepo();
          },
        };
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await expectSameState(model, real);
        } finally {
          await storage.close();
          await backend.destroy(storage);
        }
      },
    ),
    randomRuns('test/model/model.spec.ts', runs, 'command sequences'),
  );
}
