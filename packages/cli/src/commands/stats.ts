import type { Command } from 'commander';
import type { BlockMetadata } from '@blockstrata/db-p2p/storage';
import { formatBytes } from '../output/format.js';
import { formatFacts } from '../output/table.js';
import { requireBackend } from '../store/backend.js';
import { withExistingStore, type Store } from '../store/open-store.js';
import { sizeOnDisk } from '../store/size-on-disk.js';
import { readStoreFacts, type StoreFacts } from '../store/store-header.js';
import { print, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

type Counts = {
  readonly blocks: number;
  readonly deletedBlocks: number;
  readonly revisions: number;
  readonly keptCopies: number;
  readonly pendings: number;
  readonly logEntries: number;
  readonly damagedRecords: number;
};

type Stats = StoreFacts & Counts & { readonly store: string; readonly backend: string; readonly bytes: number };

/** `blockstrata stats`. */
export function addStats(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('stats'))
    .description('count what a store holds, and tell its format, its epoch and its size')
    .addHelpText('after', '\nExample:\n  $ blockstrata stats --json\n')
    .action((options: StoreOptions) => stats(options, context));
}

async function stats({ store: directory, json }: StoreOptions, context: CommandContext): Promise<void> {
  const backend = await requireBackend(directory);
  const { closedCleanly } = await readStoreFacts(directory, backend);
  const counts = await withExistingStore(directory, async store => {
    await store.storage.open();
    // Opening has raised the epoch: the header on disk has it now.
    const header = await readStoreFacts(directory, backend);
    return { ...header, closedCleanly, ...(await count(store, context.terminal.signal)) };
  });
  const found: Stats = { store: directory, backend, ...counts, bytes: await sizeOnDisk(directory) };
  await print(context, json, found, () => formatStats(found));
}

async function count({ storage }: Store, signal: AbortSignal): Promise<Counts> {
  const counts = { blocks: 0, deletedBlocks: 0, revisions: 0, keptCopies: 0, pendings: 0, damagedRecords: 0 };
  for await (const { record, damage } of storage.scanRecords('meta')) {
    signal.throwIfAborted();
    counts.blocks++;
    if (damage !== undefined) counts.damagedRecords++;
    const head = record as BlockMetadata | undefined;
    if (head?.deleted === true) counts.deletedBlocks++;
    counts.pendings += head?.pendings?.length ?? 0;
  }
  for await (const { damage } of storage.scanRecords('rev')) {
    signal.throwIfAborted();
    counts.revisions++;
    if (damage !== undefined) counts.damagedRecords++;
  }
  for await (const { damage } of storage.scanRecords('block')) {
    signal.throwIfAborted();
    counts.keptCopies++;
    if (damage !== undefined) counts.damagedRecords++;
  }
  return { ...counts, logEntries: storage.logSeq };
}

function formatStats(stats: Stats): string {
  return formatFacts([
    ['store', `${stats.store} (${stats.backend})`],
    ['format version', String(stats.formatVersion)],
    ['store id', stats.storeId],
    ['epoch', `${stats.epoch}${stats.closedCleanly ? '' : ' (was not closed the last time; recovered now)'}`],
    ['blocks', `${stats.blocks}${stats.deletedBlocks === 0 ? '' : ` (${stats.deletedBlocks} deleted)`}`],
    ['revisions', String(stats.revisions)],
    ['kept copies', String(stats.keptCopies)],
    ['pendings', String(stats.pendings)],
    ['log entries', String(stats.logEntries)],
    ['bytes on disk', formatBytes(stats.bytes)],
    ...(stats.damagedRecords === 0
      ? []
      : ([['damaged records', `${stats.damagedRecords}; 'blockstrata verify' tells more`]] as const)),
  ]);
}
