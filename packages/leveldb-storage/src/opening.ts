import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { CorruptRecordError, StoreLockedError } from '@blockstrata/db-core';
import { keyPrefix, type DriverLoss, type DriverOpenOptions, type StoreHeaderImage } from '@blockstrata/db-p2p/storage';
import { DirectoryWatch } from './directory-watch.js';
import { createFile, makeDirectory, replaceFile, syncDirectory } from './durable-files.js';
import { checkFiles } from './engine-files/check-files.js';
import { LOCK_NAME } from './engine-files/file-names.js';
import type { Finding } from './engine-files/findings.js';
import { applyMend, type Mend } from './engine-files/mends.js';
import { salvage } from './engine-files/salvage.js';
import { TableGuard } from './engine-files/table-guard.js';
import { TableIndexes } from './engine-files/table-indexes.js';
import { openEngine, rebuildEngine, requireUnlocked, type Engine } from './engine.js';
import { findLockHolder } from './lock-holder.js';
import { MembershipFilter } from './membership/membership-filter.js';
import { claimStore } from './open-stores.js';
import type { LevelDBOptions } from './options.js';
import { ABOVE_ALL } from './scan-bounds.js';
import { findStore, headerPath, readHeader, type FoundStore } from './store-directory.js';
import { unlessGone } from './system-errors.js';

const DIRECTORY_MODE = 0o700;

/** A store that is open, and ours. */
export type OpenedStore = {
  readonly engine: Engine;
  /** The directory, free of symbolic links. */
  readonly path: string;
  readonly losses: readonly DriverLoss[];
  readonly guard: TableGuard;
  /** `undefined`: LevelDB must be asked for every key. */
  readonly membership: MembershipFilter | undefined;
  /** Of a strict store: what it acknowledges is durable under its name too. */
  readonly watch: DirectoryWatch | undefined;
  /** Lets another instance of this thread have the directory. */
  release(): void;
};

/** What opening needs to know. */
export type OpeningOptions = DriverOpenOptions & {
  readonly directory: string;
  readonly engine: Required<LevelDBOptions>;
};

/**
 * Opens a store. Nothing is changed before the header was admitted, the lock was found free and LevelDB's files were
 * found whole; a new store has its header before LevelDB makes a file, so that an open that was cut off can be repeated.
 */
export async function openStore(options: OpeningOptions): Promise<OpenedStore> {
  const found = await findStore(options.directory, options.create);
  const release = claimStore(found.path);
  if (release === undefined) throw new StoreLockedError(options.directory, 'this process');
  try {
    const image = options.admit(found.header);
    await requireNoHolder(options, found.path);
    if (found.header === undefined) await createStore(found, image);
    // Nothing is read into it before LevelDB's lock is ours.
    const indexes = new TableIndexes(found.path);
    const { losses, guard } = await prepareFiles(options, found.path, indexes);
    const engine = await openEngine(found.path, options.directory, options.engine);
    try {
      await takeOver(options, found, image);
      const membership = await MembershipFilter.open(found.path, indexes);
      const watch = options.durability === 'strict' ? new DirectoryWatch(found.path) : undefined;
      return { engine, path: found.path, losses, guard, membership, watch, release };
    } catch (error) {
      await engine.close();
      throw error;
    }
  } catch (error) {
    release();
    throw error;
  }
}

async function requireNoHolder({ directory }: OpeningOptions, path: string): Promise<void> {
  const pid = await findLockHolder(join(path, LOCK_NAME));
  if (pid !== undefined) throw new StoreLockedError(directory, pid === process.pid ? 'this process' : `process ${pid}`);
}

async function createStore({ path }: FoundStore, { bytes }: StoreHeaderImage): Promise<void> {
  await makeDirectory(path);
  await chmod(path, DIRECTORY_MODE);
  // Where another process was faster, its header stands, and is admitted under the lock.
  await createFile(headerPath(path), bytes);
}

// Where the system does not tell who holds the lock, an owner that is at work can look like damage, but not for long.
const LOOKS_MAX = 3;

// The kernel reads the end of the commit log when it opens a store, and heads of blocks before anything else.
const READ_FIRST = { low: Buffer.from(keyPrefix('log')), high: Buffer.from(keyPrefix('meta') + ABOVE_ALL) };

/** LevelDB's files as they were found before it opened them. */
type Prepared = { readonly losses: DriverLoss[]; readonly guard: TableGuard };

/** Checks LevelDB's files; what stands in its way and was never acknowledged, or may be given up, is mended. */
async function prepareFiles(options: OpeningOptions, path: string, indexes: TableIndexes): Promise<Prepared> {
  let looked = await lookAtFiles(options, path, indexes);
  for (let looks = 1; looks < LOOKS_MAX && looked?.findings.length !== 0; looks++) {
    await requireNoHolder(options, path);
    looked = await lookAtFiles(options, path, indexes);
  }
  if (looked === undefined) throw new StoreLockedError(options.directory, undefined);
  const { findings, mend, guard } = looked;
  const first = findings[0];
  if (first !== undefined && !options.salvage) throw new CorruptRecordError(first.record, first.problem);
  if (first === undefined && mend === undefined) return { losses: [], guard };
  await requireUnlocked(path, options.directory);
  if (mend !== undefined) await applyMend(path, mend);
  if (first === undefined) return { losses: [], guard };
  const { rebuild, further } = await salvage(path, findings);
  if (rebuild) await rebuildEngine(path, options.directory, options.engine);
  const losses = [...findings, ...further].map(({ record, problem }) => ({ record, problem }));
  return { losses, guard: new TableGuard(path, (await checkFiles(path)).tables, indexes) };
}

/**
 * To salvage, every table is looked through; to open, as many as the options say: the others before they are read.
 * `undefined`: files went away meanwhile, as they do only where an owner is at work.
 */
async function lookAtFiles(
  { salvage, engine }: OpeningOptions,
  path: string,
  indexes: TableIndexes,
): Promise<LookedAt | undefined> {
  const report = await checkFiles(path).catch(unlessGone);
  if (report === undefined) return undefined;
  const { findings, mend, tables } = report;
  const guard = new TableGuard(path, tables, indexes);
  let bytes = 0;
  const first = guard.unchecked(READ_FIRST.low, READ_FIRST.high);
  for (const table of new Set([...first, ...tables])) {
    bytes += table.bytes;
    if (!salvage && bytes > engine.openCheckBytesMax) break;
    await guard.check([table]);
  }
  return { findings: [...findings, ...guard.findings], mend, guard };
}

type LookedAt = { findings: Finding[]; mend: Mend | undefined; guard: TableGuard };

/** Stores the header under the lock. LevelDB has made files by now, whose names it does not put on disk itself. */
async function takeOver(options: OpeningOptions, found: FoundStore, first: StoreHeaderImage): Promise<void> {
  await syncDirectory(found.path);
  const stored = await readHeader(found.path);
  const known = found.header ?? first.bytes;
  const image = Buffer.compare(stored, known) === 0 ? first : options.admit(stored);
  if (Buffer.compare(stored, image.bytes) !== 0) await replaceFile(headerPath(found.path), image.bytes);
}
