import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CorruptRecordError } from '@blockstrata/db-core';
import { CrashCursor, type Survival } from '../simulation/simulated-disk/crash-cursor.js';
import { DiskState, ROOT, type Inode } from '../simulation/simulated-disk/disk-state.js';
import { checkStore } from './check-store.js';
import { History } from './history.js';
import { seededRandom } from './random.js';
import { storeOf } from './stores.js';
import type { TracedRun } from './traced-run.js';

/** Which images to check. */
export type ImageSettings = { readonly root: string; readonly images: number; readonly seed: number };

/** What came of them; `refused` counts relaxed stores that a power cut left with a hole, which was noticed. */
export type ImageReport = { images: number; refused: number; readonly findings: string[] };

const SURVIVALS: readonly Survival[] = ['none', 'all', 'some', 'some', 'some', 'some'];

/** Rebuilds what crashes of a run can leave, at moments spread evenly over it, and checks what opens of it. */
export async function checkImages(run: TracedRun, { root, images, seed }: ImageSettings): Promise<ImageReport> {
  const { operations } = run.trace;
  const cursor = new CrashCursor(new DiskState(), operations);
  const random = seededRandom(seed);
  const report: ImageReport = { images: 0, refused: 0, findings: [] };
  for (let number = 0; number < images && report.findings.length === 0; number++) {
    const position = Math.floor((number / images) * (operations.length + 1));
    const survival = SURVIVALS[number % SURVIVALS.length] ?? 'none';
    cursor.advance(position);
    const directory = join(root, `image-${number}`);
    const image = cursor.image(survival, random.next);
    await materialise(image, ROOT, directory);
    const where = `image ${number}, after ${position} of ${operations.length} operations, ${survival} of the unsynced kept`;
    const outcome = await checkImage(run, join(directory, 'store'), position, survival);
    if (outcome === 'refused') report.refused++;
    else if (outcome.length > 0) {
      // The threads of a run never meet twice in the same way, so the image itself is what can be looked at again.
      const kept = await mkdtemp(join(tmpdir(), 'blockstrata-failed-image-'));
      await materialise(image, ROOT, kept);
      report.findings.push(...outcome.map(finding => `${where}: ${finding} (the image is in ${kept})`));
    }
    report.images++;
    await rm(directory, { recursive: true });
  }
  return report;
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
