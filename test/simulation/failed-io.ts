import type { FileSystem } from '@blockstrata/file-storage';
import { checkCrashImage, CrashImageProblem } from './check-crash-image.js';
import { runCrashWorkload } from './crash-workload.js';
import { seededRandom } from './seeded-random.js';
import { CrashCursor, type Survival } from './simulated-disk/crash-cursor.js';
import { DiskState } from './simulated-disk/disk-state.js';
import { Capacity, NthCallFails, type FaultKind, type FaultPlan } from './simulated-disk/fault-plan.js';
import { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** One run: which call fails, how, and whether all later ones do. */
export type FailedIo = {
  readonly seed: number;
  readonly nth: number;
  readonly kind: FaultKind;
  readonly forever: boolean;
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
 * @returns whether the fault fired; if not, there is no nth call
 */
export async function checkFailedIo({ seed, nth, kind, forever, seededBug }: FailedIo): Promise<boolean> {
  const plan = new NthCallFails(nth, kind, forever);
  const how = `${kind} ${forever ? 'from call' : 'at call'} ${nth} of the workload with seed ${seed}`;
  await checkOnFailingDisk(seed, plan, how, seededBug);
  return plan.fired > 0;
}

/** Runs a workload on a disk that has room for so many bytes, then opens what it left on a larger one. */
export async function checkFullDisk(seed: number, bytesMax: number): Promise<void> {
  await checkOnFailingDisk(seed, new Capacity(bytesMax), `a disk of ${bytesMax} bytes, seed ${seed}`);
}

async function checkOnFailingDisk(
  seed: number,
  plan: FaultPlan,
  how: string,
  seededBug?: FailedIo['seededBug'],
): Promise<void> {
  const disk = new SimulatedDisk(new DiskState(), plan);
  try {
    const fileSystem = seededBug?.(disk) ?? disk;
    const workload = await runCrashWorkload(disk, seed, { isFaulty: true, rounds: ROUNDS, fileSystem });
    const end = disk.trace.length;
    const cursor = new CrashCursor(disk.initial, disk.trace);
    cursor.advance(end);
    const random = seededRandom(seed + end);
    for (const survival of ENDS) await checkCrashImage(cursor.image(survival, random), workload, end, 1_000_000);
  } catch (error) {
    const command = `BLOCKSTRATA_SEED=${seed} npx vitest run test/simulation/failed-io-file.spec.ts`;
    throw new CrashImageProblem(`${how}: ${String(error)}\nRepeat it: ${command}`, { cause: error });
  }
}

/** Fails one call after another, until no fault fires any more; resolves with how many did. */
export async function failEachCall(calls: Omit<FailedIo, 'nth'>): Promise<number> {
  for (let nth = 1; ; nth++) {
    if (!(await checkFailedIo({ ...calls, nth }))) return nth - 1;
  }
}
