import { describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { SEED, timesFactor } from '../random-runs.js';
import { checkCrashImages } from './crash-images.js';
import { SEEDED_DISK_BUGS, type SeededDiskBug } from './seeded-disk-bugs.js';

const IMAGES = timesFactor(10_000);
const IMAGES_OF_A_WORKLOAD = 500;
const IMAGE_TIMEOUT_MS = 100;
const BASE_TIMEOUT_MS = 120_000;

describe('the check of crash images', () => {
  for (const [left, seededBug] of Object.entries(SEEDED_DISK_BUGS)) {
    it(`catches a store that leaves out ${left}`, async () => {
      expect(await catchWithin(20, seededBug)).not.toBe('nothing');
    });
  }
});

describe.each(['strict', 'relaxed'] as const)('a %s file store after a crash', durability => {
  const share = durability === 'strict' ? 0.8 : 0.2;

  it(
    `holds all that it promised, and nothing by half, in ${IMAGES * share} crash images (INV-1, INV-2, INV-3, INV-9)`,
    async () => {
      const total = { workloads: 0, images: 0, duringRecovery: 0, prefixes: 0 };
      for (let seed = SEED; total.images < IMAGES * share; seed++) {
        const counts = await checkCrashImages({ seed, images: IMAGES_OF_A_WORKLOAD, durability });
        total.workloads++;
        total.images += counts.images;
        total.duringRecovery += counts.duringRecovery;
        total.prefixes += counts.prefixes;
      }
      const { workloads, images, duringRecovery, prefixes } = total;
      reportCovered({ images, 'of them in recovery': duringRecovery, prefixes, workloads });
      expect(total.duringRecovery).toBeGreaterThan(total.images / 10);
    },
    BASE_TIMEOUT_MS + IMAGES * IMAGE_TIMEOUT_MS,
  );
});

/** What the check says of a bug, or that it got past all of the workloads. */
async function catchWithin(workloads: number, seededBug: SeededDiskBug): Promise<string> {
  for (let seed = 1; seed <= workloads; seed++) {
    try {
      await checkCrashImages({ seed, images: 100, seededBug });
    } catch (error) {
      return String(error);
    }
  }
  return 'nothing';
}
