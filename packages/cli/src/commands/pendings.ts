import { Option, type Command } from 'commander';
import { formatDuration, parseDuration } from '../output/format.js';
import { formatTable } from '../output/table.js';
import { listPendings, type PendingTransaction } from '../store/list-pendings.js';
import { withExistingStore } from '../store/open-store.js';
import { argumentParser, print, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

type PendingsOptions = StoreOptions & { olderThan?: number };

type AgedPending = PendingTransaction & { readonly ageMs: number };

/** `blockstrata pendings`. */
export function addPendings(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('pendings'))
    .description('list the transactions that are pending, oldest first')
    .addOption(
      new Option('--older-than <duration>', 'only those pending for longer: 90s, 10m, 1h, 2d').argParser(
        argumentParser(parseDuration),
      ),
    )
    .addHelpText('after', '\nExample:\n  $ blockstrata pendings --older-than 1h\n')
    .action((options: PendingsOptions) => pendings(options, context));
}

async function pendings(
  { store: directory, json, olderThan = 0 }: PendingsOptions,
  context: CommandContext,
): Promise<void> {
  await withExistingStore(directory, async store => {
    const now = store.storage.clock.now();
    const all = await listPendings(store, context.terminal.signal);
    const aged = all
      .map(pending => ({ ...pending, ageMs: Math.max(now - pending.since, 0) }))
      .filter(({ ageMs }) => ageMs >= olderThan);
    await print(context, json, aged, () => (aged.length === 0 ? 'nothing is pending' : formatPendings(aged)));
  });
}

function formatPendings(pendings: readonly AgedPending[]): string {
  const rows = pendings.map(({ trxId, ageMs, rev, blockIds }) => [
    formatDuration(ageMs),
    rev === null ? '-' : String(rev),
    String(blockIds.length),
    trxId,
  ]);
  return formatTable(['AGE', 'REV', 'BLOCKS', 'TRANSACTION'], rows, ['right', 'right', 'right']);
}
