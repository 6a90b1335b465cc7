import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { repeatCommand, SEED, timesFactor } from '../random-runs.js';
import { bundle } from './child-process.js';
import { killRounds, type KillReport, type KillSettings } from './kill-rounds.js';

const KILLS = timesFactor(30);
const REPEAT = `repeat it: ${repeatCommand('test/crash/kill.spec.ts')}`;
const TIMEOUT_MS = 60_000 + KILLS * 5_000;

let root: string;
let program: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'blockstrata-kill-'));
  program = await bundle('child');
});

afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(program);
});

type Wanted = Pick<KillSettings, 'backend' | 'durability' | 'bug'>;

async function kill({ backend, durability, bug }: Wanted): Promise<KillReport> {
  const directory = join(root, `${backend}-${durability}-${bug ?? 'sound'}`);
  return killRounds({ backend, durability, directory, program, kills: KILLS, seed: SEED, bug });
}

function summary({ backend, durability }: Wanted, report: KillReport): string {
  const under = Object.entries(report.histogram).map(([what, n]) => `${what} ${n}`);
  return [
    `kill -9, ${backend}, ${durability}: ${report.kills} kills, ${report.inFlightKills} with calls in flight`,
    `(under way: ${under.join(', ')}), ${report.transactions} transactions of 10 blocks,`,
    `${report.acknowledged} acknowledgements, ${report.lost} lost, ${report.torn} torn`,
  ].join(' ');
}

describe('a process that is killed', () => {
  for (const backend of ['leveldb', 'file'] as const) {
    for (const durability of ['strict', 'relaxed'] as const) {
      const wanted = { backend, durability };
      it(
        `loses nothing it acknowledged on ${backend}, ${durability} (INV-1, INV-2, INV-3)`,
        async () => {
          const report = await kill(wanted);
          console.info(summary(wanted, report));
          expect(report.findings, REPEAT).toEqual([]);
          expect(report.kills).toBe(KILLS);
          expect(report.inFlightKills).toBeGreaterThanOrEqual(KILLS / 2);
          reportCovered({
            kills: report.kills,
            'of them with calls in flight': report.inFlightKills,
            'of them in recovery': report.histogram.recovery,
            'acknowledged calls': report.acknowledged,
          });
          // Few kills may miss it.
          if (KILLS >= 10) expect(report.histogram.recovery).toBeGreaterThan(0);
        },
        TIMEOUT_MS,
      );
    }
  }
});

describe('the check after a kill', () => {
  for (const bug of ['acknowledge-early', 'half-a-batch', 'drop-a-batch'] as const) {
    it(
      `notices a driver that would ${bug.replaceAll('-', ' ')}`,
      async () => {
        const { findings } = await kill({ backend: 'leveldb', durability: 'relaxed', bug });
        expect(findings, REPEAT).not.toEqual([]);
      },
      TIMEOUT_MS,
    );
  }
});
