import { CorruptRecordError, StoreMissingError, type Randomness } from '@blockstrata/db-core';
import type { DriverLoss, DriverOpenOptions, DriverWrite, StoreHeaderImage } from '@blockstrata/db-p2p/storage';
import { JOURNAL_BATCH_BYTES } from '../bounds.js';
import type { FileSystem } from '../file-system/file-system.js';
import { ioFailure } from '../file-system/io-failure.js';
import { TemporaryFiles } from '../file-system/temporary-files.js';
import { decodeWrites } from '../journal/journal-record.js';
import { Journal, type JournalSite } from '../journal/journal.js';
import { recoverJournal } from '../journal/recover-journal.js';
import type { StorePaths } from '../layout/store-paths.js';
import { isDirectory } from '../layout/tree-places.js';
import { StoreLock } from '../lock/store-lock.js';
import { Layer } from '../overlay/layer.js';
import type { ProcessFacts } from '../process/process-facts.js';
import { inspectStore } from './inspect-store.js';
import { makeDirectories, makeDirectory, syncAbove } from './make-directories.js';

/** Where a store is, and what it needs of the world. */
export type StoreSite = {
  readonly fileSystem: FileSystem;
  readonly paths: StorePaths;
  readonly facts: ProcessFacts;
  readonly randomness: Randomness;
};

/** A store that is locked, and whose journal has been read. */
export type OpenedStore = {
  readonly lock: StoreLock;
  readonly journal: Journal;
  readonly temporary: TemporaryFiles;
  /** What is in the journal and not in the tree. */
  readonly recovered: Layer;
  readonly losses: readonly DriverLoss[];
};

/** The epoch of the segment that a store is made with: below all epochs of the kernel. */
const FIRST_EPOCH = 0;

/**
 * Opens a store: looks before it touches anything, takes the lock, stores the header, recovers the journal. What is
 * done here can be cut short anywhere, and repeated (INV-9).
 */
export async function openStore(site: StoreSite, options: DriverOpenOptions): Promise<OpenedStore> {
  const { facts, fileSystem, paths, randomness } = site;
  admit(paths, options, await inspectStore(fileSystem, paths));
  try {
    await makeLockable(fileSystem, paths);
  } catch (error) {
    throw ioFailure('create', paths.store, error);
  }
  const lock = new StoreLock(fileSystem, paths, facts, randomness);
  await lock.acquire();
  try {
    return { lock, ...(await openLocked(site, options, lock)) };
  } catch (error) {
    await lock.release();
    throw ioFailure('open', paths.root, error);
  }
}

/** Stores the header durably. */
export async function storeHeader(
  { fileSystem, paths }: Pick<StoreSite, 'fileSystem' | 'paths'>,
  temporary: TemporaryFiles,
  bytes: Uint8Array,
): Promise<void> {
  await temporary.place(paths.header, bytes);
  await fileSystem.syncDirectory(paths.store);
}

function admit(paths: StorePaths, options: DriverOpenOptions, header: Uint8Array | undefined): StoreHeaderImage {
  if (header === undefined && !options.create) throw new StoreMissingError(paths.root);
  return options.admit(header);
}

async function openLocked(
  site: StoreSite,
  options: DriverOpenOptions,
  lock: StoreLock,
): Promise<Omit<OpenedStore, 'lock'>> {
  const { fileSystem, paths } = site;
  // Whoever had the lock until now may have changed all of it.
  const header = await inspectStore(fileSystem, paths);
  const image = admit(paths, options, header);
  const temporary = new TemporaryFiles(fileSystem, paths.temporary);
  await temporary.clear();
  await lock.removeStaleRights(await fileSystem.readdir(paths.store));
  for (const directory of [paths.log, ...(header === undefined ? [paths.journal] : [])]) {
    await makeDirectory(fileSystem, directory);
  }
  const journalSite = { fileSystem, temporary, directory: paths.journal };
  if (header === undefined) await found(site, journalSite);
  await storeHeader(site, temporary, image.bytes);
  return { temporary, ...(await resume(journalSite, options, image)) };
}

/**
 * Makes all of a new store but its header, whose presence says that the rest is there: so that a journal that somebody
 * has deleted is noticed.
 */
async function found({ fileSystem, paths }: StoreSite, journalSite: JournalSite): Promise<void> {
  // One that an earlier attempt has made is replaced.
  const start = { epoch: FIRST_EPOCH, seq: 0, survivors: [], superseded: [] };
  const journal = await Journal.begin(journalSite, 'strict', start);
  await journal.abandon();
  await fileSystem.syncDirectory(paths.store);
  await fileSystem.syncDirectory(paths.root);
  await syncAbove(fileSystem, paths.root);
}

async function resume(
  site: JournalSite,
  { durability, salvage }: DriverOpenOptions,
  image: StoreHeaderImage,
): Promise<Pick<OpenedStore, 'journal' | 'recovered' | 'losses'>> {
  const found = await recoverJournal(site.fileSystem, site.directory);
  const [loss] = found.losses;
  if (loss !== undefined && !salvage) throw new CorruptRecordError(loss.record, loss.problem);
  const recovered = new Layer();
  for (const payload of found.payloads) for (const write of decodeWrites(payload)) recovered.put(write);
  const journal = await Journal.begin(site, durability, {
    // Above whatever the journal has seen, even where an old copy of the header was put back.
    epoch: Math.max(image.epoch, found.epoch + 1),
    seq: found.seq,
    survivors: inBatches(recovered.writes()),
    superseded: found.segments,
  });
  return { journal, recovered, losses: found.losses };
}

function inBatches(writes: Iterable<DriverWrite>): DriverWrite[][] {
  const batches: DriverWrite[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const write of writes) {
    if (bytes >= JOURNAL_BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(write);
    bytes += write.value?.length ?? 0;
  }
  return batches;
}

/** Makes what the lock needs, unless it is there. */
async function makeLockable(fileSystem: FileSystem, paths: StorePaths): Promise<void> {
  await makeDirectories(fileSystem, paths.root);
  await makeDirectory(fileSystem, paths.store);
  await makeDirectory(fileSystem, paths.temporary);
  for (const directory of [paths.temporary, paths.journal, paths.log]) isDirectory(fileSystem, directory);
}
