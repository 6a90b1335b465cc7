import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorruptRecordError } from '@blockstrata/db-core';
import { CrashCursor, type Survival } from '../simulation/simulated-disk/crash-cursor.js';
import { DiskState, ROOT, type Inode } from '../simulation/simulated-disk/disk-state.js';
import { checkStore } from './check-store.js';
import { History } from './history.js';
import { seededRandom, type Random } from './random.js';
import { storeOf } from './stores.js';
import { tracedRecovery, type TracedRun } from './traced-run.js';

/** Which images to check. */
export type ImageSettings = {
  readonly root: string;
  readonly images: number;
  readonly seed: number;
  /** The bundled child that recovers a store; each of some images is recovered in it, and crashes again on the way. */
  readonly recovery?: string;
  /** Keep an image that fails, for people. */
  readonly keepFailed: boolean;
};

/** What came of them; `refused` counts relaxed stores that a power cut left with a hole, which was noticed. */
export type ImageReport = { images: number; duringRecovery: number; refused: number; readonly findings: string[] };

const SURVIVALS: readonly Survival[] = ['none', 'all', 'some', 'some', 'some', 'some'];

// How many images are recovered under the eyes of strace, and in how many ways that crashes.
const RECOVERIES = 5;
const CRASHES_PER_RECOVERY = 8;

/** Rebuilds what crashes of a run can leave, at moments spread evenly over it, and checks what opens of it. */
export async function checkImages(run: TracedRun, settings: ImageSettings): Promise<ImageReport> {
  const { images, seed, recovery } = settings;
  const { operations } = run.trace;
  const cursor = new CrashCursor(new DiskState(), operations);
  const random = seededRandom(seed);
  const report: ImageReport = { images: 0, duringRecovery: 0, refused: 0, findings: [] };
  for (let number = 0; number < images && report.findings.length === 0; number++) {
    const position = Math.floor((number / images) * (operations.length + 1));
    const survival = SURVIVALS[number % SURVIVALS.length] ?? 'none';
    cursor.advance(position);
    const image = cursor.image(survival, random.next);
    const where = `image ${number}, after ${position} of ${operations.length} operations, ${survival} of the unsynced kept`;
    const crash: Crash = { run, position, survival, where };
    await checkCrash(crash, image, settings, report);
    report.images++;
    if (recovery === undefined || number % Math.ceil(images / RECOVERIES) !== 1) continue;
    for (const second of await imagesOfRecovery(image, settings.root, recovery, random)) {
      await checkCrash({ ...crash, where: `${where}; then a crash in recovery` }, second, settings, report);
      report.duringRecovery++;
    }
  }
  return report;
}

/** A crash, and what had happened by then. */
type Crash = {
  readonly run: TracedRun;
  readonly position: number;
  readonly survival: Survival;
  readonly where: string;
};

async function checkCrash(crash: Crash, image: DiskState, settings: ImageSettings, report: ImageReport): Promise<void> {
  const directory = await mkdtemp(join(settings.root, 'image-'));
  await materialise(image, ROOT, directory);
  const outcome = await checkImage(crash.run, join(directory, 'store'), crash.position, crash.survival);
  await rm(directory, { recursive: true });
  if (outcome === 'refused') report.refused++;
  else if (outcome.length > 0) {
    const place = settings.keepFailed ? ` (the image is in ${await keep(image)})` : '';
    report.findings.push(...outcome.map(finding => `${crash.where}: ${finding}${place}`));
  }
}

// The threads of a run never meet twice in the same way, so the image itself is what can be looked at again.
async function keep(image: DiskState): Promise<string> {
  const kept = await mkdtemp(join(tmpdir(), 'blockstrata-failed-image-'));
  await materialise(image, ROOT, kept);
  return kept;
}

async function imagesOfRecovery(image: DiskState, root: string, program: string, random: Random): Promise<DiskState[]> {
  const directory = await mkdtemp(join(root, 'recovery-'));
  await materialise(image, ROOT, directory);
  const { operations } = await tracedRecovery(directory, program, image);
  await rm(directory, { recursive: true });
  const cursor = new CrashCursor(image, operations);
  return Array.from({ length: CRASHES_PER_RECOVERY }, (_, i) => {
    cursor.advance(Math.floor(((i + random.next()) / CRASHES_PER_RECOVERY) * (operations.length + 1)));
    return cursor.image('some', random.next);
  });
}

async function checkImage(
  { trace, order, durability }: TracedRun,
  directory: string,
  position: number,
  survival: Survival,
): Promise<string[] | 'refused'> {
  const history = new History();
  history.record(trace.told.filter(({ at }) => at <= position).map(({ message }) => message));
  // What a process leaves that is killed is all there; a power cut takes from a relaxed store what was not synced.
  const promises = durability === 'strict' || survival === 'all';
  const storage = storeOf('leveldb', directory, durability);
  try {
    await storage.open();
    return (await checkStore(storage, history, { promises, order })).findings;
  } catch (error) {
    if (!promises && error instanceof CorruptRecordError) return 'refused';
    return [`${String(error)} (${String(Object(error instanceof Error ? error.cause : undefined))})`];
  } finally {
    await storage.close();
  }
}

async function materialise(disk: DiskState, inode: Inode, path: string): Promise<void> {
  const node = disk.nodes.get(inode);
  if (node?.kind === 'file') return writeFile(path, node.content);
  await mkdir(path, { recursive: true });
  if (node === undefined) return;
  for (const [name, child] of node.entries) await materialise(disk, child, join(path, name));
}
