import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { repeatCommand, SEED, timesFactor } from '../random-runs.js';
import { bundle } from './child-process.js';
import type { ChildTask } from './messages.js';
import { checkImages, type ImageReport } from './traced-images.js';
import { canTrace, tracedRun } from './traced-run.js';

const IMAGES = timesFactor(200);
const REPEAT = `repeat it: ${repeatCommand('test/crash/images.spec.ts')}`;
const TIMEOUT_MS = 60_000 + IMAGES * 1_000;

const traceable = await canTrace();
if (!traceable) console.warn('crash images of LevelDB are left out: strace is not here, or may not trace');

let root: string;
let program: string;
let recovery: string;

beforeAll(async () => {
  // Where there is a file system in memory, the many stores cost the disk nothing.
  const base = await access('/dev/shm').then(() => '/dev/shm', tmpdir);
  root = await mkdtemp(join(base, 'blockstrata-images-'));
  program = await bundle('traced-child');
  recovery = await bundle('recovering-child');
});

afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(program);
  await rm(recovery);
});

async function images(settings: Pick<ChildTask, 'durability' | 'bug'>): Promise<ImageReport> {
  const directory = await mkdtemp(join(root, 'run-'));
  const run = await tracedRun(directory, program, { ...settings, seed: SEED });
  const sound = settings.durability === 'strict' && settings.bug === undefined;
  const keepFailed = settings.bug === undefined;
  return checkImages(run, { root: directory, images: IMAGES, seed: SEED, keepFailed, ...(sound && { recovery }) });
}

describe.skipIf(!traceable)('a LevelDB store after a crash, rebuilt from its system calls', () => {
  it(
    'holds what it acknowledged, and nothing by half, wherever the power fails (INV-1, INV-2, INV-3, INV-9)',
    async () => {
      const report = await images({ durability: 'strict' });
      console.info(`crash images, leveldb, strict: ${report.images} images, ${report.duringRecovery} in recovery`);
      expect(report, REPEAT).toMatchObject({ images: IMAGES, refused: 0, findings: [] });
      expect(report.duringRecovery).toBeGreaterThan(0);
      reportCovered({ images: report.images, 'images in recovery': report.duringRecovery });
    },
    TIMEOUT_MS,
  );

  it(
    'in relaxed mode holds the first of its commits, or refuses to pass over a hole (INV-2, INV-3)',
    async () => {
      const report = await images({ durability: 'relaxed' });
      console.info(
        `crash images, leveldb, relaxed: ${report.images} images, ${report.refused} with a hole that was noticed`,
      );
      expect(report.findings, REPEAT).toEqual([]);
      reportCovered({ images: report.images, 'of them refused for a hole': report.refused });
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!traceable)('the check of crash images of LevelDB', () => {
  for (const bug of ['leave-out-the-sync', 'half-a-batch'] as const) {
    it(
      `notices a driver that would ${bug.replaceAll('-', ' ')}`,
      async () => {
        const { findings } = await images({ durability: 'strict', bug });
        expect(findings, REPEAT).not.toEqual([]);
      },
      TIMEOUT_MS,
    );
  }
});
