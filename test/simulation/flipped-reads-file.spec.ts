import { describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { SEED, timesFactor } from '../random-runs.js';
import { flipEachRead, makeKnownImage } from './flipped-reads.js';

const SWEEPS = timesFactor(1);
const TIMEOUT_MS = 240_000 * SWEEPS;

describe('a file store on a medium that gives back another bit than was written', () => {
  for (const crashed of [false, true]) {
    for (const stays of [false, true]) {
      it(
        `answers exactly or with an error, whichever read it is, ${stays ? 'for good' : 'once'}, after ${crashed ? 'a crash' : 'a shutdown'} (INV-6)`,
        async () => {
          const store = await makeKnownImage(crashed);
          for (let sweep = 0; sweep < SWEEPS; sweep++) {
            const counts = await flipEachRead(store, { seed: SEED + sweep, stays });
            expect(counts.reads).toBeGreaterThan(20);
            expect(counts.refused).toBeGreaterThan(0);
            reportCovered({ 'flipped reads': counts.reads });
          }
        },
        TIMEOUT_MS,
      );
    }
  }
});
