import fc from 'fast-check';
import type { BlockId, Clock, PendPolicy } from '@blockstrata/db-core';
import { BlockStorage, RawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { checkHistory } from '../history/check-history.js';
import { Recorder, type Chain } from '../history/history.js';
import { randomRuns } from '../random-runs.js';
import { Coordinator, REMOTE_BLOCK, remoteArchive, type Errand } from './coordinators.js';
import { ScheduledDriver } from './scheduled-driver.js';

const BLOCK_IDS: readonly BlockId[] = ['a', 'b', REMOTE_BLOCK];

const blockSets = fc.uniqueArray(fc.constantFrom(...BLOCK_IDS), { minLength: 1, maxLength: 3 });

const errands: fc.Arbitrary<Errand> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('transact' as const),
      blockIds: blockSets,
      policy: fc.constantFrom<PendPolicy>('c', 'f', 'r', 'w'),
      withBases: fc.boolean(),
      ending: fc.constantFrom(
        'commit' as const,
        'commit' as const,
        'commit' as const,
        'cancel' as const,
        'abort' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      blockIds: blockSets,
      pin: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Errand>({ kind: 'refresh' }) },
);

const stillClock: Clock = { now: () => 1_700_000_000_000, after: () => () => undefined };

// Where a store is broken, somebody may wait for ever.
const RUN_TIMEOUT_MS = 20_000;

/** How a run is broken on purpose. */
export type Breakage = {
  readonly driver?: (driver: ScheduledDriver) => ScheduledDriver;
  readonly repo?: (repo: StorageRepo) => StorageRepo;
};

/** Runs coordinators side by side on a driver whose every step is scheduled, and checks what they saw. */
export async function runInterleavings(runs: number, breakage: Breakage = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(errands, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 4 }),
      fc.constantFrom(0, 1 << 20),
      fc.integer({ min: 1, max: 3 }),
      async (scheduler, programs, cacheBytesMax, checkpointInterval) => {
        const scheduled = new ScheduledDriver(scheduler);
        const storage = new RawStorage(breakage.driver?.(scheduled) ?? scheduled, { cacheBytesMax, clock: stillClock });
        const plain = new StorageRepo(
          id => new BlockStorage(id, storage, async () => remoteArchive(), { checkpointInterval }),
          { storage },
        );
        const repo = breakage.repo?.(plain) ?? plain;
        const recorder = new Recorder();
        const all = Promise.all(
          programs.map((program, i) => new Coordinator(repo, recorder, 'pqxy'.charAt(i)).run(program)),
        );
        await scheduler.waitFor(all);
        const ending = readEnd(storage, plain, recorder);
        await scheduler.waitFor(ending);
        checkHistory({ calls: recorder.calls, chains: await ending });
      },
    ),
    { ...randomRuns('test/model/interleavings.spec.ts', runs, 'schedules'), timeout: RUN_TIMEOUT_MS },
  );
}

/** What the store holds in the end; nothing may be pending any more, and nothing be wrong. */
async function readEnd(storage: RawStorage, repo: StorageRepo, recorder: Recorder): Promise<Map<BlockId, Chain>> {
  const chains = new Map<BlockId, Chain>();
  for (const blockId of BLOCK_IDS) {
    const chain: { rev: number; trxId: string }[] = [];
    for await (const { rev, trxId } of storage.listRevisions(blockId, 1, Number.MAX_SAFE_INTEGER))
      chain.push({ rev, trxId });
    chains.set(blockId, chain);
  }
  const { violations } = await repo.verify();
  if (violations.length > 0) throw new TypeError(`the store is damaged: ${JSON.stringify(violations)}`);
  await new Coordinator(repo, recorder, 'z').run([{ kind: 'read', blockIds: BLOCK_IDS, pin: undefined }]);
  return chains;
}
