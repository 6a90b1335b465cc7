import { describe, expect, it } from 'vitest';
import { checkFullDisk, failEachCall } from './failed-io.js';
import { CARELESS_WRITERS } from './seeded-disk-bugs.js';

const SEED = Number(process.env['BLOCKSTRATA_SEED'] ?? 1);
const KINDS = ['EIO', 'ENOSPC', 'short-write', 'failed-sync'] as const;
const TIMEOUT_MS = 600_000;
const CAPACITIES = { first: 500, step: 997, last: 60_000 };

describe('the check of failed I/O', () => {
  for (const [carelessness, { kind, seededBug }] of Object.entries(CARELESS_WRITERS)) {
    it(
      `catches a store that ${carelessness}`,
      async () => {
        await expect(failEachCall({ seed: SEED, kind, forever: false, seededBug })).rejects.toThrow(
          `with seed ${SEED}`,
        );
      },
      TIMEOUT_MS,
    );
  }
});

describe('a file store on a disk that fails', () => {
  for (const kind of KINDS) {
    for (const forever of [false, true]) {
      it(
        `survives ${kind} at each call in turn, ${forever ? 'and from then on' : 'once'} (INV-6, INV-7, INV-8)`,
        async () => {
          expect(await failEachCall({ seed: SEED, kind, forever })).toBeGreaterThan(20);
        },
        TIMEOUT_MS,
      );
    }
  }

  it(
    'survives a disk that is full, however little room there is (INV-7)',
    async () => {
      for (let bytes = CAPACITIES.first; bytes < CAPACITIES.last; bytes += CAPACITIES.step) {
        await checkFullDisk(SEED, bytes);
      }
    },
    TIMEOUT_MS,
  );
});
