import { BlockstrataError } from '@blockstrata/db-core';
import { checkHistory } from '../../history/check-history.js';
import type { Chain } from '../../history/history.js';
import { Coordinator, REMOTE_BLOCK, remoteArchive } from '../../model/coordinators.js';
import { ModelRepo } from '../../model/model-repo.js';
import { dice } from './dice.js';
import { Faults } from './faults.js';
import { Feed } from './feed.js';
import { Ledger } from './ledger.js';
import { mediumOf, type Life, type Medium, type PlantedBug } from './medium.js';
import { damageMedium } from './media-faults.js';
import { WORLD_BLOCKS, type WorldEvent, type WorldPlan } from './plan.js';
import { Scheduler } from './scheduler.js';
import { WorldCoordinator } from './world-coordinator.js';
import { asError, WorldProblem, wrong } from './world-error.js';

/** What came of a world. */
export type WorldReport = {
  readonly trace: readonly string[];
  readonly hash: string;
  readonly steps: number;
  readonly lives: number;
  readonly crashes: number;
  readonly faults: number;
  readonly flips: number;
  readonly commits: number;
  /** What it did that it must not do. */
  readonly problem: WorldProblem | undefined;
};

// A store that is refused again and again while nothing fails would be a failure of its own.
const LIVES_MAX = 24;

/** Lets a world run as planned, and checks all that it did. */
export async function runWorld(plan: WorldPlan, bug: PlantedBug = {}): Promise<WorldReport> {
  const world = new World(plan, bug);
  let problem: WorldProblem | undefined;
  try {
    await world.run();
  } catch (error) {
    problem = error instanceof WorldProblem ? error : new WorldProblem(String(error), { cause: error });
  }
  return { ...world.report(), problem };
}

class World {
  readonly #plan: WorldPlan;
  readonly #scheduler: Scheduler;
  readonly #faults = new Faults();
  readonly #ledger = new Ledger();
  readonly #medium: Medium;
  readonly #coordinators: readonly WorldCoordinator[];
  readonly #feed = new Feed();
  readonly #counts = { lives: 0, crashes: 0, faults: 0, flips: 0 };
  #events: readonly WorldEvent[];
  #closing: Promise<void> | undefined;
  /** A sync failed, and the machine went on: what the next process finds may still go with the power. */
  #inDoubt = false;

  constructor(plan: WorldPlan, bug: PlantedBug) {
    this.#plan = plan;
    this.#events = plan.events;
    this.#scheduler = new Scheduler(plan.seed);
    this.#medium = mediumOf(
      plan,
      this.#faults,
      async blockId => (blockId === REMOTE_BLOCK ? remoteArchive() : undefined),
      bug,
    );
    const shared = { seed: plan.seed, ledger: this.#ledger, scheduler: this.#scheduler };
    this.#coordinators = plan.coordinators.map((errands, i) => new WorldCoordinator(shared, 'pqxy'.charAt(i), errands));
  }

  report(): Omit<WorldReport, 'problem'> {
    const { hash, steps, trace } = this.#scheduler;
    return { ...this.#counts, hash, steps, trace, commits: this.#ledger.log.length };
  }

  async run(): Promise<void> {
    let model = new ModelRepo();
    while (!this.#coordinators.every(({ isDone }) => isDone)) {
      if (++this.#counts.lives > LIVES_MAX) wrong('the coordinators do not come to an end');
      await this.#live();
      model = await this.#look();
    }
    await this.#judge(model);
    if (this.#plan.media === undefined) return;
    const flips = await damageMedium({
      plan: this.#plan,
      media: this.#plan.media,
      medium: this.#medium,
      scheduler: this.#scheduler,
      ledger: this.#ledger,
      model,
    });
    this.#counts.flips += flips;
  }

  /** One process, from opening the store to closing it, or to a crash. */
  async #live(): Promise<void> {
    const life = this.#medium.begin(this.#counts.lives, this.#scheduler);
    this.#closing = undefined;
    let isOver = false;
    let failure: Error | undefined;
    void this.#work(life)
      .catch((error: unknown) => (failure = asError(error)))
      .finally(() => (isOver = true));
    const end = await this.#scheduler.run(
      life.clock,
      () => isOver,
      () => this.#happen(life),
    );
    this.#scheduler.abandon();
    if (end === 'done' && failure !== undefined) throw failure;
    this.#inDoubt = end === 'done' && this.#faults.fired > 0;
    this.#counts.faults += this.#faults.fired;
    this.#faults.mend();
  }

  async #work(life: Life): Promise<void> {
    if (!(await this.#typed(() => life.storage.open()))) return;
    this.#ledger.settle();
    const feed = this.#feed.follow(life.repo);
    await Promise.all(this.#coordinators.map(coordinator => coordinator.live(life)));
    await this.#typed(() => (this.#closing ??= life.storage.close()));
    await feed;
  }

  /** Whether a call succeeded; where nothing failed, it must. */
  async #typed(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      if (!(error instanceof BlockstrataError)) throw error;
      this.#scheduler.note(`the store: ${error.code}`);
      if (this.#faults.fired === 0) throw error;
      return false;
    }
  }

  #happen(life: Life): 'stop' | undefined {
    const [event] = this.#events;
    if (event === undefined || this.#scheduler.steps < event.at) return undefined;
    this.#events = this.#events.slice(1);
    this.#scheduler.note(JSON.stringify(event));
    switch (event.kind) {
      case 'crash':
        this.#crash(event.survival);
        return 'stop';
      case 'close':
        this.#closing ??= life.storage.close();
        // Whoever closes the store last is told how that went.
        this.#closing.catch(() => undefined);
        return undefined;
      case 'fault':
        this.#faults.arm(event.fault, event.forever);
        return undefined;
      case 'full':
        this.#faults.limit(this.#medium.bytes + event.bytesLeft);
        return undefined;
      case 'room':
        this.#faults.limit(Infinity);
        return undefined;
    }
  }

  #crash(survival: 'none' | 'all' | 'some'): void {
    this.#counts.crashes++;
    const { seed } = this.#plan;
    let draws = 0;
    this.#medium.crash(survival, () => dice(seed, draws++, `crash ${this.#counts.crashes}`));
  }

  /** What another process would find now is what it must be. */
  async #look(): Promise<ModelRepo> {
    const life = this.#medium.lookAt();
    await life.storage.open();
    const model = await this.#ledger.check(life);
    if (!this.#inDoubt) this.#ledger.settle();
    this.#feed.check(this.#ledger.log);
    await life.storage.close();
    return model;
  }

  /** All calls together have one order; what the store holds agrees with it. */
  async #judge(model: ModelRepo): Promise<void> {
    this.#ledger.checkMissing(model);
    const life = this.#medium.lookAt();
    const { recorder } = this.#ledger;
    await new Coordinator(life.repo, recorder, 'z').run([{ kind: 'read', blockIds: WORLD_BLOCKS, pin: undefined }]);
    await life.storage.close();
    const chains = new Map<string, Chain>();
    for (const blockId of WORLD_BLOCKS) chains.set(blockId, model.blocks.get(blockId)?.history ?? []);
    checkHistory({ calls: recorder.calls, chains });
  }
}
