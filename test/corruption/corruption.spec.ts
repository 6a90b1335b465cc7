import { describe, expect, it } from 'vitest';
import type { BlockGets, GetBlockResult } from '@blockstrata/db-core';
import type { StorageRepo } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { reportCovered } from '../covered.js';
import { repeatCommand, RUNS_FACTOR, SEED, timesFactor } from '../random-runs.js';
import { runCorruption, sweepBits, type OpenDirectory } from './run-corruption.js';

const FILE = 'test/corruption/corruption.spec.ts';
const RUNS = 1_000;
const FLIPS = timesFactor(50);
const SWEPT_BYTES = 1024 * 1024;
const TIMEOUT_MS = 300_000 * RUNS_FACTOR;

// So small a look at the tables when a store is opened leaves most of their damage to the reads.
const BACKENDS: readonly (readonly [name: string, open: OpenDirectory])[] = [
  ['files', (directory, options) => new FileRawStorage(directory, { ...options, cacheBytesMax: 0 })],
  [
    'LevelDB',
    (directory, options) => new LevelDBRawStorage(directory, { ...options, cacheBytesMax: 0, openCheckBytesMax: 1 }),
  ],
];

/** A repository whose reads take what cannot be read for absent. */
function takesDamageForAbsence(repo: StorageRepo): StorageRepo {
  return new Proxy(repo, {
    get(target, name) {
      if (name !== 'get') return (Reflect.get(target, name, target) as (...args: unknown[]) => unknown).bind(target);
      return async (gets: BlockGets): Promise<Record<string, GetBlockResult>> => {
        const results = await target.get(gets);
        return Object.fromEntries(
          Object.entries(results).map(([id, { unavailable, ...result }]) => [
            id,
            unavailable === undefined ? result : { state: {} },
          ]),
        );
      };
    },
  });
}

for (const [name, open] of BACKENDS) {
  describe(`a damaged store on ${name}`, () => {
    it(
      'is caught by these checks where damage reads as absence',
      async () => {
        const caught = { cause: { cause: { message: expect.stringContaining('a wrong answer') as string } } };
        await expect(runCorruption(open, RUNS, takesDamageForAbsence)).rejects.toMatchObject(caught);
      },
      TIMEOUT_MS,
    );

    it(
      'answers exactly, or with a typed error, and never wrongly (INV-6)',
      async () => {
        const tally = await runCorruption(open, RUNS);
        console.info(`corruption on ${name}: ${JSON.stringify(tally)}`);
        expect(tally.exact + tally.refused + tally.refusedToOpen).toBe(tally.runs);
        expect(tally.refused + tally.refusedToOpen).toBeGreaterThan(0);
      },
      TIMEOUT_MS,
    );

    it(
      `of 1 MiB never answers wrongly for a bit that flipped: ${FLIPS} of its bits, others with each seed (INV-6)`,
      async () => {
        const sweep = sweepBits(open, { seed: SEED, flips: FLIPS, bytesMin: SWEPT_BYTES });
        const tally = await sweep.catch((error: unknown) => {
          throw Object.assign(new TypeError(`${String(error)}; repeat it: ${repeatCommand(FILE)}`), { cause: error });
        });
        reportCovered({ [`single bits on ${name}`]: tally.runs });
        console.info(`corruption of 1 MiB on ${name}: ${tally.runs} of ${tally.bits} bits`);
        expect(tally.exact + tally.refused + tally.refusedToOpen).toBe(tally.runs);
      },
      TIMEOUT_MS,
    );
  });
}
