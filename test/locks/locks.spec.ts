import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { repeatCommand, timesFactor } from '../random-runs.js';
import { bundle } from '../crash/child-process.js';
import { LockRounds } from './lock-rounds.js';

const ROUNDS = timesFactor(20);
const TIMEOUT_MS = 60_000 + ROUNDS * 5_000;

// Each store is raced for this often; the first race makes it.
const ROUNDS_PER_STORE = 5;

const BACKENDS = ['leveldb', 'file'] as const;

let root: string;
let program: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'blockstrata-locks-'));
  program = await bundle('../locks/contender');
});

afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(program);
});

describe('processes that race for one store', () => {
  for (const backend of BACKENDS) {
    it(
      `own it one at a time on ${backend}: two, then four, with the holder stopped, resumed and killed (INV-10)`,
      async () => {
        let [owners, refusals] = [0, 0];
        for (let first = 0; first < ROUNDS; first += ROUNDS_PER_STORE) {
          const rounds = new LockRounds(backend, join(root, `${backend}-${first}`), program);
          try {
            for (let round = first; round < Math.min(ROUNDS, first + ROUNDS_PER_STORE); round++) {
              await rounds.run(round, round < ROUNDS / 2 ? 2 : 4);
            }
          } finally {
            const report = await rounds.finish();
            owners += report.owners;
            refusals += report.refusals;
            expect(report.findings, `repeat it: ${repeatCommand('test/locks/locks.spec.ts')}`).toEqual([]);
          }
        }
        reportCovered({ rounds: ROUNDS, owners, refusals });
        console.info(`locks, ${backend}: ${ROUNDS} rounds, ${owners} owners one after the other, ${refusals} refusals`);
      },
      TIMEOUT_MS,
    );
  }
});

describe('the check of who owns a store', () => {
  it('notices a lock that was taken away from its holder', async () => {
    const rounds = new LockRounds('leveldb', join(root, 'sabotaged'), program, true);
    await rounds.run(0, 2).catch(() => undefined);
    expect((await rounds.finish()).findings).not.toEqual([]);
  });
});
