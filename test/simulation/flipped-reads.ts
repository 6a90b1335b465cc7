import { AssertionError } from 'node:assert';
import { attempt, checkAnswers, type Verdict } from '../corruption/check-answers.js';
import { pendOnKnownStore, repoOver, writeKnownStore, type Known } from '../corruption/known-store.js';
import { simulatedStore } from './file-store-on-disk.js';
import { seededRandom } from './seeded-random.js';
import type { DiskState } from './simulated-disk/disk-state.js';
import { withFlippedRead } from './simulated-disk/flipped-read.js';
import { SimulatedDisk } from './simulated-disk/simulated-disk.js';

/** A store whose content is known, as a shutdown or a crash leaves it. */
export type KnownImage = { readonly image: DiskState; readonly known: Known; readonly crashed: boolean };

/** Which reads return a flipped bit: one, or from then on the medium itself. */
export type FlippedReads = { readonly seed: number; readonly stays: boolean };

/** What came of reads that were flipped, one in each run. */
export type FlippedCounts = { reads: number; exact: number; refused: number };

// Every read has its turn within so many seeds.
const STRIDE = 3;

/** Writes a store whose content is known. */
export async function makeKnownImage(crashed: boolean): Promise<KnownImage> {
  const disk = new SimulatedDisk();
  const first = simulatedStore(disk, 1);
  const revisions = await writeKnownStore(first.storage);
  await first.storage.close();
  const { storage } = simulatedStore(disk, 2);
  const pendings = await pendOnKnownStore(storage);
  if (!crashed) await storage.close();
  const image = disk.state.clone();
  if (crashed) await storage.close();
  return { image, known: { revisions, pendings }, crashed };
}

/**
 * Opens and reads the store again and again; each time a later one of its reads gives back a flipped bit, a third of them
 * with one seed. Each answer is
 * exact or a typed error (INV-6), at once and in the next process.
 */
export async function flipEachRead(store: KnownImage, { seed, stays }: FlippedReads): Promise<FlippedCounts> {
  const random = seededRandom(seed);
  const counts: FlippedCounts = { reads: 0, exact: 0, refused: 0 };
  for (let nth = 1 + (seed % STRIDE); ; nth += STRIDE) {
    const disk = new SimulatedDisk(store.image);
    const flip = withFlippedRead(disk, { nth, at: random(), bit: Math.floor(random() * 8), stays });
    const { refused } = await repeatable(`read ${nth} of seed ${seed}`, flip.flipped, () =>
      readAll(store, flip.files, 3),
    );
    if (flip.flipped() === undefined && refused === 0) return counts;
    counts.reads++;
    counts[refused === 0 ? 'exact' : 'refused']++;
    const next = await repeatable(`after read ${nth} of seed ${seed}`, flip.flipped, () => readAll(store, disk, 4));
    // Where the medium is sound, and nothing was torn, an error that was told of has done no harm.
    if (!stays && !store.crashed && next.refused > 0) {
      throw new AssertionError({ message: `${flip.flipped()} is still refused when it is read aright (seed ${seed})` });
    }
  }
}

async function readAll(
  { known, crashed }: KnownImage,
  files: Parameters<typeof simulatedStore>[0],
  life: number,
): Promise<Verdict> {
  const { storage } = simulatedStore(files, life);
  const verdict: Verdict = { exact: 0, refused: 0 };
  const opened = await attempt(verdict, () => storage.open());
  if (opened !== undefined) {
    const { exact, refused } = await checkAnswers(repoOver(storage), storage, known, crashed);
    verdict.exact += exact;
    verdict.refused += refused;
  }
  await attempt(verdict, () => storage.close());
  return verdict;
}

async function repeatable<T>(what: string, flipped: () => string | undefined, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new AssertionError({ message: `${what}, ${flipped() ?? 'nothing flipped'}: ${String(cause)}` });
  }
}
