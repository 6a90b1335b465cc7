import { describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { RUNS_FACTOR, SEED } from '../random-runs.js';
import { checkFullDisk, failEachCall } from './failed-io.js';
import { CARELESS_WRITERS } from './seeded-disk-bugs.js';

const KINDS = ['EIO', 'ENOSPC', 'short-write', 'failed-sync'] as const;
// So many second faults follow a first one, in the recovery from it: in `npm test` one follows every eighth.
const SECOND_FAULTS_PER_CALL = Math.max(1 / 8, Math.ceil(RUNS_FACTOR) - 1);
const TIMEOUT_MS = 600_000 * Math.max(1, RUNS_FACTOR);
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
          const { calls, first, second } = await failEachCall({ seed: SEED, kind, forever }, SECOND_FAULTS_PER_CALL);
          reportCovered({ 'calls failed in turn': calls, 'faults fired': first, 'second faults in recovery': second });
          expect(calls).toBeGreaterThan(20);
          // Recovery makes so few writes that hardly any can be short.
          if (kind !== 'short-write') expect(second).toBeGreaterThan((calls * SECOND_FAULTS_PER_CALL) / 10);
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
        reportCovered({ 'full disks': 1 });
      }
    },
    TIMEOUT_MS,
  );
});
