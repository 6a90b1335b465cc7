import {
  BlockStorage,
  RawStorage,
  StorageRepo,
  type DriverWrite,
  type RecordKind,
  type RestoreCallback,
  type StoreDriver,
} from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { processOf } from '../file-store-on-disk.js';
import { seededRandomness } from '../seeded-random.js';
import type { SeededDiskBug } from '../seeded-disk-bugs.js';
import { CrashCursor, type Survival } from '../simulated-disk/crash-cursor.js';
import { SimulatedDisk } from '../simulated-disk/simulated-disk.js';
import { dice } from './dice.js';
import type { Faults } from './faults.js';
import type { WorldPlan } from './plan.js';
import { scheduledFiles } from './scheduled-files.js';
import type { Scheduler } from './scheduler.js';
import { SimulatedDriver } from './simulated-driver.js';
import { SimulatedMedium } from './simulated-medium.js';
import { WorldClock } from './world-clock.js';

/** A process that has the store: it ends with a crash, or when it closes the store. */
export type Life = { readonly storage: RawStorage; readonly repo: StorageRepo; readonly clock: WorldClock };

/** How a world is broken on purpose, so that its checks can show what they see. */
export type PlantedBug = {
  readonly disk?: SeededDiskBug;
  readonly driver?: (driver: StoreDriver) => StoreDriver;
  readonly repo?: (repo: StorageRepo) => StorageRepo;
};

/** What a store lies on, from one process to the next. */
export interface Medium {
  /** Bytes that are taken. */
  readonly bytes: number;
  /** A new process on what is there; each of its steps waits for its turn. */
  begin(life: number, scheduler: Scheduler, restore?: RestoreCallback): Life;
  /** The process is gone, and with the power what did not survive. */
  crash(survival: Survival, random: () => number): void;
  /** Another process on a copy of what is there, for which nothing waits. */
  lookAt(): Life;
  /** Flips a bit of what lies there; the process that has it open, if there is one, reads it so. */
  flip(random: () => number): Promise<string>;
}

/** Makes the medium that a plan asks for. */
export function mediumOf(plan: WorldPlan, faults: Faults, restore: RestoreCallback, bug: PlantedBug): Medium {
  return plan.backend === 'files'
    ? new DiskMedium(plan, faults, restore, bug)
    : new RecordMedium(plan, faults, restore, bug);
}

const LIFE_MS = 1_000_000_000;
const FIRST_MS = 1_700_000_000_000;
const LOOKING = 1_000_000;

function lifeOn(
  storage: RawStorage,
  clock: WorldClock,
  { checkpointInterval }: WorldPlan,
  restore: RestoreCallback,
): Life {
  const repo = new StorageRepo(id => new BlockStorage(id, storage, restore, { checkpointInterval }), { storage });
  return { storage, repo, clock };
}

function optionsOf({ seed, durability, cacheBytesMax }: WorldPlan, life: number, clock: WorldClock) {
  return { durability, cacheBytesMax, clock, randomness: seededRandomness(seed * 31 + life) };
}

class DiskMedium implements Medium {
  readonly #plan: WorldPlan;
  readonly #faults: Faults;
  readonly #restore: RestoreCallback;
  readonly #bug: PlantedBug;
  #disk: SimulatedDisk;

  constructor(plan: WorldPlan, faults: Faults, restore: RestoreCallback, bug: PlantedBug) {
    this.#plan = plan;
    this.#faults = faults;
    this.#restore = restore;
    this.#bug = bug;
    this.#disk = new SimulatedDisk(undefined, faults);
  }

  get bytes(): number {
    return this.#disk.state.bytes;
  }

  begin(life: number, scheduler: Scheduler, restore: RestoreCallback = this.#restore): Life {
    const files = this.#bug.disk?.(this.#disk) ?? this.#disk;
    return this.#life(life, scheduledFiles(files, scheduler, this.#plan.seed), restore, this.#bug);
  }

  lookAt(): Life {
    return this.#life(LOOKING, new SimulatedDisk(this.#disk.state), this.#restore, {});
  }

  crash(survival: Survival, random: () => number): void {
    const cursor = new CrashCursor(this.#disk.initial, this.#disk.trace);
    cursor.advance(this.#disk.trace.length);
    this.#disk = new SimulatedDisk(cursor.image(survival, random), this.#faults);
  }

  async flip(random: () => number): Promise<string> {
    return this.#disk.flip(random(), random());
  }

  #life(
    life: number,
    fileSystem: SimulatedDisk | ReturnType<typeof scheduledFiles>,
    restore: RestoreCallback,
    bug: PlantedBug,
  ): Life {
    const clock = new WorldClock(FIRST_MS + life * LIFE_MS);
    const options = { ...optionsOf(this.#plan, life, clock), fileSystem, processFacts: processOf(life) };
    const made = lifeOn(new FileRawStorage('/data/store', options), clock, this.#plan, restore);
    return bug.repo === undefined ? made : { ...made, repo: bug.repo(made.repo) };
  }
}

const KINDS: readonly RecordKind[] = ['meta', 'rev', 'trx', 'block', 'pend', 'log'];

class RecordMedium implements Medium {
  readonly #plan: WorldPlan;
  readonly #faults: Faults;
  readonly #restore: RestoreCallback;
  readonly #bug: PlantedBug;
  #medium = new SimulatedMedium();
  #driver: SimulatedDriver | undefined;

  constructor(plan: WorldPlan, faults: Faults, restore: RestoreCallback, bug: PlantedBug) {
    this.#plan = plan;
    this.#faults = faults;
    this.#restore = restore;
    this.#bug = bug;
  }

  get bytes(): number {
    return this.#medium.bytes;
  }

  begin(life: number, scheduler: Scheduler, restore: RestoreCallback = this.#restore): Life {
    this.#medium.settle('all', () => dice(this.#plan.seed, life, 'settle'));
    const { seed } = this.#plan;
    this.#driver = new SimulatedDriver({
      medium: this.#medium,
      step: label => scheduler.step(label),
      slowness: () => (dice(seed, scheduler.steps, 'slow') < 0.2 ? 5 : 0),
      fails: (call, bytes) => this.#fails(call, bytes),
      answersAtOnce: seed % 4 === 0,
    });
    const driver = this.#bug.driver?.(this.#driver) ?? this.#driver;
    return this.#life(life, driver, restore, this.#bug);
  }

  lookAt(): Life {
    this.#driver = undefined;
    this.#medium.settle('all', () => dice(this.#plan.seed, this.#medium.bytes, 'settle'));
    const driver = new SimulatedDriver({
      medium: this.#medium.copy(),
      step: async () => undefined,
      slowness: () => 0,
      fails: () => undefined,
      answersAtOnce: true,
    });
    return this.#life(LOOKING, driver, this.#restore, {});
  }

  crash(survival: Survival, random: () => number): void {
    this.#medium.settle(survival, random);
    this.#driver = undefined;
  }

  async flip(random: () => number): Promise<string> {
    const kind = KINDS[Math.floor(random() * KINDS.length)];
    const records = this.#medium.records.filter(({ key }) => key.kind === kind);
    const record = records[Math.floor(random() * records.length)];
    if (record?.value === undefined) return 'nothing';
    const at = Math.floor(random() * record.value.length);
    const value = record.value.with(at, (record.value[at] ?? 0) ^ (1 << Math.floor(random() * 8)));
    const damaged: DriverWrite = { key: record.key, value };
    if (this.#driver === undefined) this.#medium.replace(damaged);
    else await this.#driver.damage(damaged);
    return `byte ${at} of ${record.key.encoded}`;
  }

  #fails(call: string, bytes: number): void {
    if (call === 'write') {
      const room = this.#faults.takes(bytes, { bytes: this.#medium.bytes });
      // Of a batch that does not fit nothing is taken, or so the driver hopes.
      if (room < bytes) this.#faults.full();
    } else {
      this.#faults.next(call);
    }
  }

  #life(life: number, driver: StoreDriver, restore: RestoreCallback, bug: PlantedBug): Life {
    const clock = new WorldClock(FIRST_MS + life * LIFE_MS);
    const made = lifeOn(new RawStorage(driver, optionsOf(this.#plan, life, clock)), clock, this.#plan, restore);
    return bug.repo === undefined ? made : { ...made, repo: bug.repo(made.repo) };
  }
}
