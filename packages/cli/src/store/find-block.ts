import type { BlockId } from '@blockstrata/db-core';
import type { BlockMetadata } from '@blockstrata/db-p2p/storage';
import { CommandError } from '../errors.js';
import { unquotePath } from '../output/quote-path.js';
import { fileBlockId } from '../replay/file-block.js';
import type { Store } from './open-store.js';

/** A block that a person named. */
export type FoundBlock = { readonly blockId: BlockId; readonly head: BlockMetadata };

/**
 * Finds a block by its id, or by the path of the file that it was replayed from; a path may be quoted as `ls` prints it.
 *
 * @throws CommandError if the store has no such block.
 */
export async function findBlock({ storage }: Store, typed: string): Promise<FoundBlock> {
  const path = typed.startsWith('./') ? typed.slice(2) : typed;
  const candidates = [typed, fileBlockId(unquotePath(path)), fileBlockId(Buffer.from(path, 'utf8'))];
  for (const blockId of candidates) {
    if (Buffer.byteLength(blockId) > storage.limits.idBytesMax || blockId === '') continue;
    const head = await storage.getMetadata(blockId);
    if (head !== undefined) return { blockId, head };
  }
  throw new CommandError(
    `${storage.name} has no block for ${JSON.stringify(typed)}: 'blockstrata ls' lists what is there`,
  );
}
