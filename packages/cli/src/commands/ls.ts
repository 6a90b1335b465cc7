import type { Command } from 'commander';
import type { BlockId, GetBlockResult } from '@blockstrata/db-core';
import { formatTable } from '../output/table.js';
import { quotePath } from '../output/quote-path.js';
import { isFileBlock, type StoredPath } from '../replay/file-block.js';
import { withExistingStore, type Store } from '../store/open-store.js';
import { print, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

type LsOptions = StoreOptions & { deleted?: boolean };

/** A block as it is listed. */
type ListedBlock = {
  readonly blockId: BlockId;
  readonly type: string | null;
  /** Of a replayed file. */
  readonly path: StoredPath | null;
  readonly mode: string | null;
  readonly latest: { rev: number; trxId: string } | null;
  readonly deleted: boolean;
  readonly pendings: number;
};

const BLOCKS_PER_READ = 64;

/** `blockstrata ls`. */
export function addLs(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('ls'))
    .description('list the blocks: newest revision, mode, path')
    .option('--deleted', 'the blocks that were deleted, too')
    .addHelpText('after', '\nExamples:\n  $ blockstrata ls\n  $ blockstrata ls --deleted --json\n')
    .action((options: LsOptions) => ls(options, context));
}

async function ls(options: LsOptions, context: CommandContext): Promise<void> {
  await withExistingStore(options.store, async store => {
    const blocks: ListedBlock[] = [];
    for await (const group of groupsOfIds(store)) {
      context.terminal.signal.throwIfAborted();
      const reads = await store.repo.get({ blockIds: group });
      for (const blockId of group) {
        const listed = await describe(store, blockId, reads[blockId]);
        if (options.deleted === true || !listed.deleted) blocks.push(listed);
      }
    }
    blocks.sort((a, b) => compare(nameOf(a), nameOf(b)));
    await print(context, options.json, blocks, () => formatBlocks(blocks));
  });
}

async function* groupsOfIds({ storage }: Store): AsyncGenerator<BlockId[]> {
  let group: BlockId[] = [];
  for await (const blockId of storage.listBlockIds()) {
    group.push(blockId);
    if (group.length < BLOCKS_PER_READ) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

async function describe(
  { storage, repo }: Store,
  blockId: BlockId,
  read: GetBlockResult | undefined,
): Promise<ListedBlock> {
  const latest = read?.state.latest ?? null;
  const deleted = latest !== null && read?.block === undefined && read?.unavailable === undefined;
  let block = read?.block;
  if (deleted) {
    const revision = await storage.getRevision(blockId, latest.rev);
    const base = revision?.base ?? 0;
    // A deleted block says nothing of itself any more; the one before does.
    if (base > 0) block = (await repo.get({ blockIds: [blockId], context: { rev: base } }))[blockId]?.block;
  }
  const file = isFileBlock(block) ? block : undefined;
  return {
    blockId,
    type: block?.header.type ?? null,
    path: file?.path ?? null,
    mode: file?.mode ?? null,
    latest,
    deleted,
    pendings: read?.state.pendings?.length ?? 0,
  };
}

function nameOf({ path, blockId }: ListedBlock): string {
  return path === null ? blockId : quotePath(path);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function formatBlocks(blocks: readonly ListedBlock[]): string {
  const rows = blocks.map(block => [
    block.latest === null ? '-' : String(block.latest.rev),
    block.deleted ? 'deleted' : (block.mode ?? block.type ?? 'unreadable'),
    nameOf(block) + (block.pendings === 0 ? '' : `  (${block.pendings} pending)`),
  ]);
  return formatTable(['REV', 'MODE', 'BLOCK'], rows, ['right']);
}
