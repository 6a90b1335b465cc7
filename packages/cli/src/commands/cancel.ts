import type { Command } from 'commander';
import { CommandError } from '../errors.js';
import { counted } from '../output/format.js';
import { listPendings } from '../store/list-pendings.js';
import { withExistingStore } from '../store/open-store.js';
import { print, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

/** `blockstrata cancel`. */
export function addCancel(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('cancel'))
    .description('cancel a pending transaction on all of its blocks')
    .argument('<trx>', "the transaction's id, as 'blockstrata pendings' lists it")
    .addHelpText('after', '\nExample:\n  $ blockstrata cancel 4f2a0c9e\n')
    .action((trxId: string, options: StoreOptions) => cancel(trxId, options, context));
}

async function cancel(trxId: string, { store: directory, json }: StoreOptions, context: CommandContext): Promise<void> {
  await withExistingStore(directory, async store => {
    const pendings = await listPendings(store, context.terminal.signal);
    const pending = pendings.find(each => each.trxId === trxId);
    if (pending === undefined)
      throw new CommandError(`no transaction ${JSON.stringify(trxId)} is pending: 'blockstrata pendings' lists them`);
    const blockIds = [...pending.blockIds];
    await store.repo.cancel({ trxId, blockIds });
    await print(
      context,
      json,
      { trxId, cancelled: blockIds },
      () => `cancelled ${trxId} on ${counted(blockIds.length, 'block')}`,
    );
  });
}
