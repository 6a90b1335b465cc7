import type { Durability } from '@blockstrata/db-p2p/storage';
import type { FileSystem } from '@blockstrata/file-storage';
import { checkCrashImage, CrashImageProblem } from './check-crash-image.js';
import { runCrashWorkload } from './crash-workload.js';
import { seededRandom } from './seeded-random.js';
import { CrashCursor, type Survival } from './simulated-disk/crash-cursor.js';
import type { DiskState } from './simulated-disk/disk-state.js';
import { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** How many images of a workload to check, and how. */
export type CrashImageOptions = {
  readonly seed: number;
  readonly images: number;
  readonly durability?: Durability;
  /** Stands between the store and the disk, while the workload runs. Default: nothing does. */
  readonly seededBug?: (disk: SimulatedDisk) => FileSystem;
};

/** What was checked. */
export type CrashImageCounts = { images: number; duringRecovery: number; prefixes: number };

const COMMAND = 'npx vitest run test/simulation/crash-images-file.spec.ts';

const SURVIVALS: readonly Survival[] = ['none', 'all', 'some', 'some', 'some', 'some'];

/**
 * Records one workload, and checks images of crashes at moments spread evenly over its trace. From each fifth image
 * the recovery is cut short as well, and recovered from (INV-9).
 *
 * @throws CrashImageProblem, or whatever the store rejects with; the message says how to repeat it
 */
export async function checkCrashImages(options: CrashImageOptions): Promise<CrashImageCounts> {
  const { seed, images, durability = 'strict' } = options;
  const disk = new SimulatedDisk();
  const workload = await runCrashWorkload(disk, seed, { durability, fileSystem: options.seededBug?.(disk) ?? disk });
  const cursor = new CrashCursor(disk.initial, disk.trace);
  const random = seededRandom(seed + 1);
  const counts: CrashImageCounts = { images: 0, duringRecovery: 0, prefixes: 0 };
  let last = -1;
  for (let number = 0; number < images; number++) {
    const position = Math.floor((number / images) * (disk.trace.length + 1));
    const survival = SURVIVALS[number % SURVIVALS.length] ?? 'none';
    if (position !== last) counts.prefixes++;
    last = position;
    cursor.advance(position);
    const image = cursor.image(survival, random);
    // What a process leaves that is killed is all there; only a power cut takes what was not synced.
    const promises = durability === 'strict' || survival === 'all';
    const where = `seed ${seed}, image ${number} of ${images}: a crash after ${position} operations, ${survival} of the unsynced survive`;
    const recovery = await repeatable(seed, where, () =>
      checkCrashImage(image, workload, position, 1_000_000, promises),
    );
    counts.images++;
    if (number % 5 === 0) {
      const second = imageDuring(recovery, random);
      await repeatable(seed, `${where}; then a crash in recovery`, () =>
        checkCrashImage(second, workload, position, 2_000_000, promises),
      );
      counts.images++;
      counts.duringRecovery++;
    }
  }
  return counts;
}

function imageDuring(disk: SimulatedDisk, random: () => number): DiskState {
  const cursor = new CrashCursor(disk.initial, disk.trace);
  cursor.advance(Math.floor(random() * (disk.trace.length + 1)));
  return cursor.image('some', random);
}

async function repeatable<T>(seed: number, where: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    throw new CrashImageProblem(`${where}: ${String(error)}\nRepeat it: BLOCKSTRATA_SEED=${seed} ${COMMAND}`, {
      cause: error,
    });
  }
}
