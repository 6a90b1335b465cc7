import type { Command } from 'commander';
import { CommandError } from '../errors.js';
import { toJson } from '../output/json.js';
import { fileBytes } from '../replay/content.js';
import { isFileBlock } from '../replay/file-block.js';
import { findBlock, type FoundBlock } from '../store/find-block.js';
import { withExistingStore, type Store } from '../store/open-store.js';
import { integerOption, withStoreOptions, type CommandContext, type StoreOptions } from './context.js';

type ShowOptions = StoreOptions & { rev?: number };

/** `blockstrata show`. */
export function addShow(program: Command, context: CommandContext): void {
  withStoreOptions(program.command('show'))
    .description('print a file as it was at a revision, byte for byte; any other block as JSON')
    .argument('<block>', 'the path of a file, or the id of a block')
    .addOption(integerOption('--rev <n>', 'the revision; default: the newest', 1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ blockstrata show README.md --rev 3\n  $ blockstrata show README.md --rev 3 --json\n',
    )
    .action((typed: string, options: ShowOptions) => show(typed, options, context));
}

async function show(typed: string, options: ShowOptions, { out }: CommandContext): Promise<void> {
  await withExistingStore(options.store, async store => {
    const found = await findBlock(store, typed);
    const context = options.rev === undefined ? {} : { context: { rev: options.rev } };
    const read = (await store.repo.get({ blockIds: [found.blockId], ...context }))[found.blockId];
    if (read?.unavailable !== undefined) {
      throw new CommandError(
        `${typed} cannot be read at this revision: ${read.unavailable}; 'blockstrata verify' tells more`,
      );
    }
    const block = read?.block;
    if (block === undefined) throw await absent(store, found, typed, read?.rev);
    if (options.json === true)
      return out.line(toJson({ blockId: found.blockId, rev: read?.rev, latest: read?.state.latest, block }));
    if (!isFileBlock(block)) return out.line(toJson(block));
    await out.write(fileBytes(block.content));
  });
}

async function absent(
  { storage }: Store,
  { blockId, head }: FoundBlock,
  typed: string,
  deletedAt: number | undefined,
): Promise<CommandError> {
  if (deletedAt !== undefined) return new CommandError(`${typed} was deleted at revision ${deletedAt}`);
  for await (const first of storage.listRevisions(blockId, 1, head.latest?.rev ?? 1, { limit: 1 })) {
    return new CommandError(`${typed} is not there yet: its first revision is ${first.rev}`);
  }
  return new CommandError(`${typed} has no committed revision`);
}
