import type { FileSystem } from '@blockstrata/file-storage';
import { repeatCommand } from '../random-runs.js';
import { checkCrashImage, CrashImageProblem } from './check-crash-image.js';
import { runCrashWorkload } from './crash-workload.js';
import { failRecovery } from './failed-recovery.js';
import { seededRandom } from './seeded-random.js';
import { CrashCursor, type Survival } from './simulated-disk/crash-cursor.js';
import { DiskState } from './simulated-disk/disk-state.js';
import { Capacity, NthCallFails, type FaultKind, type FaultPlan } from './simulated-disk/fault-plan.js';
import { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** How many faults fired. */
export type FiredFaults = { first: number; second: number };

/** One run: which call fails, how, and whether all later ones do. */
export type FailedIo = {
  readonly seed: number;
  readonly nth: number;
  readonly kind: FaultKind;
  readonly forever: boolean;
  /** In how many ways a second fault then comes while the store is opened again. Default 0. */
  readonly secondFaults?: number;
  /** Stands between the store and the disk. Default: nothing does. */
  readonly seededBug?: (disk: SimulatedDisk) => FileSystem;
};

const ROUNDS = 3;
/** A process that starts again finds everything; after a power cut what was never synced may be gone. */
const ENDS: readonly Survival[] = ['all', 'none', 'some'];

/**
 * Runs a workload on a disk that fails, then opens what it left on a sound one: whatever was acknowledged is there
 * (INV-7), nothing by half (INV-2, INV-8), also if the power is cut then.
 *
 * @returns how many faults fired; if no first one did, there is no nth call
 */
export async function checkFailedIo(failure: FailedIo): Promise<FiredFaults> {
  const { seed, nth, kind, forever } = failure;
  const plan = new NthCallFails(nth, kind, forever);
  const how = `${kind} ${forever ? 'from call' : 'at call'} ${nth} of the workload with seed ${seed}`;
  const second = await checkOnFailingDisk(seed, plan, how, failure);
  return { first: plan.fired, second };
}

/** Runs a workload on a disk that has room for so many bytes, then opens what it left on a larger one. */
export async function checkFullDisk(seed: number, bytesMax: number): Promise<void> {
  await checkOnFailingDisk(seed, new Capacity(bytesMax), `a disk of ${bytesMax} bytes, seed ${seed}`);
}

async function checkOnFailingDisk(
  seed: number,
  plan: FaultPlan,
  how: string,
  { seededBug, secondFaults = 0 }: Pick<FailedIo, 'seededBug' | 'secondFaults'> = {},
): Promise<number> {
  const disk = new SimulatedDisk(new DiskState(), plan);
  try {
    const fileSystem = seededBug?.(disk) ?? disk;
    const workload = await runCrashWorkload(disk, seed, { isFaulty: true, rounds: ROUNDS, fileSystem });
    const end = disk.trace.length;
    const cursor = new CrashCursor(disk.initial, disk.trace);
    cursor.advance(end);
    const random = seededRandom(seed + end);
    let fired = 0;
    for (const survival of ENDS) {
      const image = cursor.image(survival, random);
      const recovery = await checkCrashImage(image, workload, end, 1_000_000);
      fired += await failRecovery({ image, workload, position: end, recovery, random, times: secondFaults });
    }
    return fired;
  } catch (error) {
    const command = repeatCommand('test/simulation/failed-io-file.spec.ts');
    throw new CrashImageProblem(`${how}: ${String(error)}\nRepeat it: ${command}`, { cause: error });
  }
}

/**
 * Fails one call after another, until no fault fires any more; resolves with how many calls there were, and faults.
 *
 * @param secondFaultsPerCall 1/8: only every eighth of the calls is followed by a second fault. Default 0.
 */
export async function failEachCall(
  calls: Omit<FailedIo, 'nth' | 'secondFaults'>,
  secondFaultsPerCall = 0,
): Promise<FiredFaults & { calls: number }> {
  const total = { calls: 0, first: 0, second: 0 };
  for (;;) {
    const nth = total.calls + 1;
    const secondFaults = Math.floor(nth * secondFaultsPerCall) - Math.floor((nth - 1) * secondFaultsPerCall);
    const { first, second } = await checkFailedIo({ ...calls, nth, secondFaults });
    if (first === 0) return total;
    total.calls++;
    total.first += first;
    total.second += second;
  }
}
