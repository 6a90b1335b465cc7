import { beforeAll, describe, expect, it } from 'vitest';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { reportCovered } from '../covered.js';
import { RUNS_FACTOR, SEED, timesFactor } from '../random-runs.js';
import { checkWorlds, worldSeed } from './world/check-worlds.js';
import { makePlan } from './world/plan.js';
import { PLANTED_BUGS } from './world/planted-bugs.js';
import { runWorld } from './world/run-world.js';

const WORLDS = timesFactor(150);
const TIMEOUT_MS = 240_000;
const SEEDS_TO_CATCH = 60;

// What is loaded when it is first called takes real time, which worlds have none of.
beforeAll(async () => {
  const storage = new MemoryRawStorage();
  await new StorageRepo(id => new BlockStorage(id, storage), { storage }).recover();
  await storage.close();
});

describe('a world of coordinators, crashes and faults', () => {
  it(
    'keeps every promise, whatever happens in it (INV-1 to INV-9, INV-13)',
    async () => {
      const counts = await checkWorlds({ seed: SEED, worlds: WORLDS });
      reportCovered({
        worlds: counts.worlds,
        'turns in worlds': counts.steps,
        'crashes in worlds': counts.crashes,
        'faults in worlds': counts.faults,
        'flips in worlds': counts.flips,
      });
      console.info(`worlds: ${JSON.stringify(counts)}`);
      expect(counts.commits).toBeGreaterThan(0);
    },
    TIMEOUT_MS * Math.max(1, RUNS_FACTOR),
  );

  it('goes the same way with the same seed, and another way with another', async () => {
    const hashes = new Set<string>();
    for (let number = 0; number < 6; number++) {
      const plan = makePlan(worldSeed(SEED, number));
      const { hash, trace } = await runWorld(plan);
      const again = await runWorld(plan);
      expect(again.trace).toEqual(trace);
      expect(again.hash).toBe(hash);
      hashes.add(hash);
    }
    expect(hashes.size).toBe(6);
  });
});

describe('worlds catch a store that', () => {
  for (const { name, backend, bug } of PLANTED_BUGS) {
    it(
      name,
      async () => {
        const found = checkWorlds({ seed: 1, worlds: SEEDS_TO_CATCH, backend, bug, shrinkMs: 0 });
        await expect(found).rejects.toThrow(/Repeat it: BLOCKSTRATA_SEED=1 BLOCKSTRATA_PATH=\d+/);
      },
      TIMEOUT_MS,
    );
  }

  it(
    'and show the failure in a world with less in it',
    async () => {
      const bug = PLANTED_BUGS.find(({ name }) => name.startsWith('loses one write'))?.bug ?? {};
      const options = { seed: 1, worlds: SEEDS_TO_CATCH, backend: 'kernel', bug } as const;
      const lines = async (shrinkMs: number) => {
        const message = await checkWorlds({ ...options, shrinkMs }).then(
          () => '',
          (error: unknown) => String(error),
        );
        return Number(/, (\d+) lines\)/.exec(message)?.[1]);
      };
      const [whole, shortest] = [await lines(0), await lines(5_000)];
      expect(shortest).toBeLessThan(whole / 2);
    },
    TIMEOUT_MS,
  );
});
