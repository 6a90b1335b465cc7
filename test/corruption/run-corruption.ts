import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { RawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { randomRuns } from '../random-runs.js';
import { attempt, checkAnswers, type Verdict } from './check-answers.js';
import { applyDamage, damages, flipBit } from './damage.js';
import { pendOnKnownStore, repoOver, writeKnownStore, type Known } from './known-store.js';
import { readImage, writeImage, type StoreImage } from './store-image.js';

/** How a backend opens a directory. */
export type OpenDirectory = (directory: string, options: { create: boolean }) => RawStorage;

/** What the runs came to. */
export type Tally = { runs: number; exact: number; refusedToOpen: number; refused: number; repaired: number };

type Images = { readonly clean: StoreImage; readonly crashed: StoreImage; readonly known: Known };

/** A store as it is after a clean shutdown, and as a crash leaves it. */
async function takeImages(open: OpenDirectory, textBytes = 0): Promise<Images> {
  return inDirectory(async directory => {
    const first = open(directory, { create: true });
    const revisions = await writeKnownStore(first, textBytes);
    await first.close();
    // LevelDB writes its first table when it is opened again.
    const storage = open(directory, { create: false });
    const known: Known = { revisions, pendings: await pendOnKnownStore(storage) };
    const crashed = await readImage(directory, path => path.endsWith('lock') || path.endsWith('LOCK'));
    await storage.close();
    return { clean: await readImage(directory), crashed, known };
  });
}

/** Damages copies of a store, one place at a time, and checks every answer before and after recover(). */
export async function runCorruption(
  open: OpenDirectory,
  runs: number,
  wrap: (repo: StorageRepo) => StorageRepo = repo => repo,
): Promise<Tally> {
  const images = await takeImages(open);
  const tally: Tally = { runs: 0, exact: 0, refusedToOpen: 0, refused: 0, repaired: 0 };
  await fc.assert(
    fc.asyncProperty(damages, fc.boolean(), async (damage, crashed) => {
      const damaged = applyDamage(crashed ? images.crashed : images.clean, damage);
      fc.pre(damaged !== undefined);
      await inDirectory(async directory => {
        await writeImage(damaged.image, directory);
        try {
          await tryDamaged(open, directory, images.known, crashed, tally, wrap);
        } catch (error) {
          throw Object.assign(new TypeError(`${damaged.what}, ${crashed ? 'crashed' : 'closed'}`), { cause: error });
        }
      });
    }),
    randomRuns('test/corruption/corruption.spec.ts', runs, 'damaged stores'),
  );
  return tally;
}

/** Which bits of a store to flip, one at a time. */
export type BitSweep = {
  readonly seed: number;
  readonly flips: number;
  /** How large the store is to be, at least. */
  readonly bytesMin: number;
};

// Prime, and larger than any store here: from any start it comes to every bit before it comes to one again.
const BIT_STRIDE = 2_147_483_647;

/** Flips single bits of a large store; the next seeds go on where this one ends, until each bit was flipped once. */
export async function sweepBits(
  open: OpenDirectory,
  { seed, flips, bytesMin }: BitSweep,
): Promise<Tally & { bits: number }> {
  const { clean, known } = await takeImages(open, Math.ceil(bytesMin / TEXTS_OF_A_STORE));
  const bytes = [...clean.values()].reduce((total, file) => total + file.length, 0);
  if (bytes < bytesMin) throw new TypeError(`the store has only ${bytes} bytes`);
  const bits = bytes * 8;
  const tally: Tally = { runs: 0, exact: 0, refusedToOpen: 0, refused: 0, repaired: 0 };
  for (let i = 0; i < Math.min(flips, bits); i++) {
    const bit = Number(((BigInt(seed) * BigInt(flips) + BigInt(i)) * BigInt(BIT_STRIDE)) % BigInt(bits));
    const { image, what } = flipBit(clean, bit);
    await inDirectory(async directory => {
      await writeImage(image, directory);
      try {
        await tryDamaged(open, directory, known, false, tally, repo => repo);
      } catch (error) {
        throw Object.assign(new TypeError(`bit ${bit} of ${bits}, ${what}`), { cause: error });
      }
    });
  }
  return { ...tally, bits };
}

// How often the text of a known store is on the disk, at least: as a change, and in copies of the block.
const TEXTS_OF_A_STORE = 60;

async function tryDamaged(
  open: OpenDirectory,
  directory: string,
  known: Known,
  crashed: boolean,
  tally: Tally,
  wrap: (repo: StorageRepo) => StorageRepo,
): Promise<void> {
  tally.runs++;
  const verdict: Verdict = { exact: 0, refused: 0 };
  const storage = open(directory, { create: false });
  try {
    const opened = await attempt(verdict, () => storage.open());
    if (opened === undefined) tally.refusedToOpen++;
    else {
      const { refused } = await checkAnswers(wrap(repoOver(storage)), storage, known, crashed);
      if (refused > 0) tally.refused++;
      else tally.exact++;
      verdict.refused += refused;
    }
  } finally {
    await attempt(verdict, () => storage.close());
  }
  if (verdict.refused > 0) await tryRecovered(open, directory, known, tally, wrap);
}

/** What recover() gives up it must tell of; what it leaves is exact, or refused. */
async function tryRecovered(
  open: OpenDirectory,
  directory: string,
  known: Known,
  tally: Tally,
  wrap: (repo: StorageRepo) => StorageRepo,
): Promise<void> {
  const storage = open(directory, { create: false });
  const verdict: Verdict = { exact: 0, refused: 0 };
  try {
    const report = await attempt(verdict, () => repoOver(storage).recover());
    if (report === undefined) return;
    const told = report.losses.length + report.mended.length + report.remaining.violationsTotal;
    if (told === 0) throw new TypeError('recover() tells of nothing, and the store was damaged');
    if (report.losses.length > 0 || report.remaining.violationsTotal > 0) return;
    const { refused } = await checkAnswers(wrap(repoOver(storage)), storage, known, true);
    if (refused === 0) tally.repaired++;
  } finally {
    await attempt(verdict, () => storage.close());
  }
}

// What is synced is of no interest here: in memory it costs nothing.
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function inDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const parent = await mkdtemp(join(PARENT, 'blockstrata-damaged-'));
  try {
    return await run(join(parent, 'store'));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}
