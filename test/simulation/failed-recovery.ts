import { BlockstrataError } from '@blockstrata/db-core';
import { checkCrashImage, CrashImageProblem } from './check-crash-image.js';
import { readLog, type RecordedWorkload } from './crash-workload.js';
import { simulatedStore } from './file-store-on-disk.js';
import { CrashCursor, type Survival } from './simulated-disk/crash-cursor.js';
import type { DiskState } from './simulated-disk/disk-state.js';
import { NthCallFails, type FaultKind } from './simulated-disk/fault-plan.js';
import { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** What was left to recover, and how it went on a sound disk. */
export type Recovery = {
  readonly image: DiskState;
  readonly workload: RecordedWorkload;
  readonly position: number;
  readonly recovery: SimulatedDisk;
  readonly random: () => number;
  /** How many second faults to try, each at another call. */
  readonly times: number;
};

const KINDS: readonly FaultKind[] = ['EIO', 'ENOSPC', 'short-write', 'failed-sync'];
const SURVIVALS: readonly Survival[] = ['all', 'none', 'some'];
/** Reads are calls, but leave nothing in a trace. */
const CALLS_PER_OPERATION = 2;

/**
 * Opens an image on a disk that fails as well, at random calls, and then once more on a sound one: what was
 * acknowledged before both failures is still there (INV-1, INV-7, INV-9).
 *
 * @returns how many of the second faults fired
 */
export async function failRecovery(recovery: Recovery): Promise<number> {
  let fired = 0;
  for (let time = 0; time < recovery.times; time++) if (await failOnce(recovery)) fired++;
  return fired;
}

async function failOnce({ image, workload, position, recovery, random }: Recovery): Promise<boolean> {
  const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'EIO';
  const forever = random() < 0.5;
  const nth = 1 + Math.floor(random() * (recovery.trace.length * CALLS_PER_OPERATION + 1));
  const survival = SURVIVALS[Math.floor(random() * SURVIVALS.length)] ?? 'none';
  const plan = new NthCallFails(nth, kind, forever);
  const disk = new SimulatedDisk(image, plan);
  try {
    await openOnFailingDisk(disk);
    const cursor = new CrashCursor(disk.initial, disk.trace);
    cursor.advance(disk.trace.length);
    await checkCrashImage(cursor.image(survival, random), workload, position, 3_000_000);
  } catch (error) {
    const how = `${kind} ${forever ? 'from call' : 'at call'} ${nth} of the recovery, ${survival} of the unsynced survive`;
    throw new CrashImageProblem(`then ${how}: ${String(error)}`, { cause: error });
  }
  return plan.fired > 0;
}

/** Whatever fails here fails with an error of the library (INV-6). */
async function openOnFailingDisk(disk: SimulatedDisk): Promise<void> {
  const store = simulatedStore(disk, 2_000_000);
  for (const step of [() => readLog(store), () => store.storage.close()]) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof BlockstrataError)) throw error;
    }
  }
}
