import { BlockstrataError, contentEquals, type BlockId, type GetBlockResult } from '@blockstrata/db-core';
import {
  BlockStorage,
  exportArchive,
  MemoryRawStorage,
  StorageRepo,
  type RawStorage,
  type RecoverReport,
} from '@blockstrata/db-p2p/storage';
import { remoteArchive, REMOTE_BLOCK } from '../../model/coordinators.js';
import type { ModelRepo } from '../../model/model-repo.js';
import { dice } from './dice.js';
import { checkFrozen } from './immutability.js';
import type { Ledger } from './ledger.js';
import type { Life, Medium } from './medium.js';
import { WORLD_BLOCKS, type MediaPlan, type WorldPlan } from './plan.js';
import type { Scheduler } from './scheduler.js';
import { asError, wrong } from './world-error.js';

/** A world at rest, whose truth is known. */
export type DamagedWorld = {
  readonly plan: WorldPlan;
  readonly media: MediaPlan;
  readonly medium: Medium;
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly model: ModelRepo;
};

const READERS = 3;
const FIRST_LIFE = 100;

/**
 * Flips bits of a medium at rest and under readers. Each answer is exact or a typed error (INV-6). Then recovers the
 * store with the help of a peer that has the history, is interrupted by crashes, and repeats it (INV-9).
 *
 * @returns how many bits
 */
export async function damageMedium(world: DamagedWorld): Promise<number> {
  const { plan, media, medium, scheduler } = world;
  let draws = 0;
  const random = () => dice(plan.seed, draws++, 'media');
  for (let i = 0; i < media.flips; i++) scheduler.note(`flipped: ${await medium.flip(random)}`);
  let flipsLeft = media.flipsWhileRead;
  let life = FIRST_LIFE;
  await inLife(world, life++, readAlong(world), () => {
    if (flipsLeft > 0 && random() < 0.1) {
      flipsLeft--;
      void medium.flip(random).then(what => scheduler.note(`flipped: ${what}`));
    }
    return undefined;
  });
  const peer = await makePeer(world);
  let report: RecoverReport | undefined;
  for (const at of [...media.crashes, Infinity]) {
    const until = scheduler.steps + at;
    const recovering = async ({ repo }: Life) => {
      report = await typed(scheduler, 'recover', () => repo.recover());
    };
    const crashed = await inLife(
      world,
      life++,
      recovering,
      () => (scheduler.steps >= until ? 'stop' : undefined),
      peer,
    );
    if (crashed === 'stopped') medium.crash('some', random);
  }
  await checkMended(world, life, report, peer);
  await peer.close();
  return media.flips + media.flipsWhileRead - flipsLeft;
}

/** Runs something on the store, which is closed then, or left when `between` stops it. */
async function inLife(
  { medium, scheduler, plan }: DamagedWorld,
  number: number,
  work: (life: Life) => Promise<void>,
  between: () => 'stop' | undefined,
  peer?: RawStorage,
): Promise<'done' | 'stopped'> {
  // Whoever is asked has the same history, or says nothing.
  const life = medium.begin(number, scheduler, async (blockId, rev) => {
    const isSilent = peer === undefined || dice(plan.seed, scheduler.steps, 'peer') < 0.1;
    return isSilent ? undefined : exportArchive(peer, blockId, rev);
  });
  let isOver = false;
  let failure: Error | undefined;
  void work(life)
    .then(() => typed(scheduler, 'close', () => life.storage.close()))
    .catch((error: unknown) => (failure = asError(error)))
    .finally(() => (isOver = true));
  const end = await scheduler.run(life.clock, () => isOver, between);
  scheduler.abandon();
  if (failure !== undefined) throw failure;
  return end;
}

function readAlong(world: DamagedWorld): (life: Life) => Promise<void> {
  const { plan, scheduler } = world;
  return async ({ repo, storage }) => {
    if ((await typed(scheduler, 'open', () => storage.open())) === undefined) return;
    const readers = Array.from({ length: READERS }, async (_, reader) => {
      for (let i = 0; i < 6; i++) {
        const draw = dice(plan.seed, i * READERS + reader, 'pin');
        const context = draw < 0.3 ? {} : { rev: Math.floor(draw * 20) };
        const results = await typed(scheduler, 'get', () => repo.get({ blockIds: [...WORLD_BLOCKS], context }));
        for (const [blockId, result] of Object.entries(results ?? {})) checkResult(world, blockId, context.rev, result);
      }
    });
    await Promise.all(readers);
  };
}

/** Exact, or said to be out of reach (INV-6). An older tip is one whose end is lost: a torn tail looks the same. */
function checkResult({ model }: DamagedWorld, blockId: BlockId, pin: number | undefined, result: GetBlockResult): void {
  if (result.unavailable !== undefined) return;
  const expected = model.get({ blockIds: [blockId], context: { rev: result.rev ?? 0 } }).get(blockId);
  if (!contentEquals(result.block, expected?.block)) {
    wrong(`INV-6: ${blockId} reads as ${JSON.stringify(result)} instead of ${JSON.stringify(expected)}`);
  }
  const newest = Math.min(pin ?? Infinity, result.state.latest?.rev ?? 0);
  const due = model.get({ blockIds: [blockId], context: { rev: newest } }).get(blockId);
  if ((due?.rev ?? 0) !== (result.rev ?? 0)) {
    wrong(`INV-6: ${blockId} was read at ${result.rev} instead of ${due?.rev}, pinned at ${pin}`);
  }
  checkFrozen(result.block);
}

/** Somebody else who has all of the history. */
async function makePeer({ ledger }: DamagedWorld): Promise<RawStorage> {
  const storage = new MemoryRawStorage();
  const repo = new StorageRepo(id => new BlockStorage(id, storage, async () => remoteArchive()), { storage });
  for (const { kind, trxId, rev, blockIds } of ledger.log) {
    const request = ledger.requests.get(trxId);
    if (kind === 'restore') await repo.refresh([REMOTE_BLOCK]);
    if (request === undefined) continue;
    await repo.pend({ trxId, transforms: request.transforms, policy: 'c' });
    await repo.commit({ trxId, rev, blockIds: [...blockIds] });
  }
  return storage;
}

/** What was mended reads exactly; what was not says so; and the store takes writes again. */
async function checkMended(
  world: DamagedWorld,
  number: number,
  report: RecoverReport | undefined,
  peer: RawStorage,
): Promise<void> {
  const { scheduler, ledger } = world;
  await inLife(
    world,
    number,
    async ({ repo, storage }) => {
      if ((await typed(scheduler, 'open', () => storage.open())) === undefined) {
        if (report !== undefined) wrong('the store was recovered, and cannot be opened');
        return;
      }
      const isWhole = report?.remaining.violationsTotal === 0;
      for (let rev = Math.max(0, ...ledger.log.map(entry => entry.rev)); rev >= 0; rev--) {
        const results = await typed(scheduler, 'get', () =>
          repo.get({ blockIds: [...WORLD_BLOCKS], context: { rev } }),
        );
        for (const [blockId, result] of Object.entries(results ?? {})) {
          checkResult(world, blockId, rev, result);
          // What is lost and known to be lost may be had from elsewhere; what is said to be held must be.
          if (isWhole && result.unavailable === 'unmaterializable') {
            wrong(`INV-6: ${blockId} at ${rev} cannot be read, and nothing was found`);
          }
        }
      }
      if (report === undefined) return;
      const transforms = { inserts: { fresh: { header: { id: 'fresh', type: 't', collectionId: 'a' } } } };
      const pended = await repo.pend({ trxId: 'afterwards', transforms, policy: 'f' });
      const committed = await repo.commit({ trxId: 'afterwards', blockIds: ['fresh'], rev: 1 });
      if (!pended.success || !committed.success) wrong('the recovered store takes no writes');
    },
    () => undefined,
    peer,
  );
}

/** What a call gives; `undefined` where it fails as it may. */
async function typed<T>(scheduler: Scheduler, what: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await call();
    scheduler.note(`${what}: done`);
    return result;
  } catch (error) {
    if (!(error instanceof BlockstrataError)) throw error;
    scheduler.note(`${what}: ${error.code}`);
    return undefined;
  }
}
