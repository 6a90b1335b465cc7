import type { Command } from 'commander';
import type { BlockId, Transform } from '@blockstrata/db-core';
import type { NumberedRevision } from '@blockstrata/db-p2p/storage';
import { CommandError } from '../errors.js';
import { counted } from '../output/format.js';
import { formatTable } from '../output/table.js';
import { findBlock } from '../store/find-block.js';
import { withExistingStore, type Store } from '../store/open-store.js';
import { integerOption, print, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

type LogOptions = StoreOptions & { limit?: number };

/** One revision of a block; what its transform does, counted. */
type LoggedRevision = {
  readonly rev: number;
  readonly trxId: string;
  /** The revision before it; 0: none; null: not known. */
  readonly base: number | null;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly operations: number;
  readonly deleted: number;
  readonly inserted: number;
};

/** `blockstrata log`. */
export function addLog(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('log'))
    .description('list the revisions of a block, newest first: transaction, base, size of the change')
    .argument('<block>', 'the path of a file, or the id of a block')
    .addOption(integerOption('-n, --limit <n>', 'only the newest n revisions', 1))
    .addHelpText('after', '\nExamples:\n  $ blockstrata log README.md\n  $ blockstrata log -n 5 --json README.md\n')
    .action((typed: string, options: LogOptions) => log(typed, options, context));
}

async function log(typed: string, options: LogOptions, context: CommandContext): Promise<void> {
  await withExistingStore(options.store, async store => {
    const { blockId, head } = await findBlock(store, typed);
    const limit = options.limit === undefined ? {} : { limit: options.limit };
    const revisions: LoggedRevision[] = [];
    for await (const revision of store.storage.listRevisions(blockId, head.latest?.rev ?? 1, 1, limit)) {
      context.terminal.signal.throwIfAborted();
      revisions.push(await describe(store, blockId, revision));
    }
    await print(context, options.json, { blockId, revisions }, () => formatRevisions(revisions));
  });
}

async function describe(
  { storage }: Store,
  blockId: BlockId,
  { rev, trxId, base }: NumberedRevision,
): Promise<LoggedRevision> {
  const trx = await storage.getTransaction(blockId, trxId);
  if (trx === undefined)
    throw new CommandError(`transaction ${trxId} of revision ${rev} is missing: 'blockstrata verify' tells more`);
  return { rev, trxId, base: base ?? null, ...measure(trx.transform) };
}

function measure(transform: Transform): Pick<LoggedRevision, 'kind' | 'operations' | 'deleted' | 'inserted'> {
  const updates = transform.updates ?? [];
  let deleted = 0;
  let inserted = transform.insert === undefined ? 0 : sizeOf(transform.insert.content);
  for (const [, index, deleteCount, value] of updates) {
    if (index >= 0 && Array.isArray(value)) deleted += deleteCount;
    inserted += sizeOf(value);
  }
  const kind = transform.delete === true ? 'delete' : transform.insert !== undefined ? 'insert' : 'update';
  return { kind, operations: updates.length, deleted, inserted };
}

/** Elements of an array, else one. */
function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : value === undefined ? 0 : 1;
}

function formatRevisions(revisions: readonly LoggedRevision[]): string {
  const rows = revisions.map(({ rev, trxId, base, ...change }) => [
    String(rev),
    trxId,
    base === null ? '?' : String(base),
    formatChange(change),
  ]);
  return formatTable(['REV', 'TRANSACTION', 'BASE', 'CHANGE'], rows, ['right', 'left', 'right']);
}

function formatChange({ kind, operations, deleted, inserted }: Omit<LoggedRevision, 'rev' | 'trxId' | 'base'>): string {
  if (kind === 'delete') return 'delete';
  if (kind === 'insert') return `insert +${inserted}`;
  return `${counted(operations, 'operation')} +${inserted} -${deleted}`;
}
