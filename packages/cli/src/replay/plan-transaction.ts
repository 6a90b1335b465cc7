import {
  transformsFromBlocks,
  type BlockId,
  type BlockOperation,
  type GetBlockResult,
  type Transform,
  type Transforms,
} from '@blockstrata/db-core';
import { CommandError } from '../errors.js';
import type { PathChange } from '../git/changes.js';
import { quotePath } from '../output/quote-path.js';
import type { FileContent } from './content.js';
import { fileBlockId, isFileBlock, newFileBlock, type FileBlock } from './file-block.js';
import { lineSplices } from './line-splices.js';

/** A change of a path with the content that it leads to; no content: the path was deleted. */
export type LoadedChange = PathChange & { readonly blockId: BlockId; readonly content: FileContent | undefined };

/** What one commit becomes: the transforms, and the revision that each of its blocks has to be at. */
export type PlannedTransaction = {
  readonly transforms: Transforms;
  readonly bases: Record<BlockId, number>;
  readonly collectionId: BlockId;
};

/**
 * The transaction for the changes of a commit, given the tips of their blocks.
 *
 * @throws CommandError if the tips are not what the commit changes.
 */
export function planTransaction(
  changes: readonly LoadedChange[],
  tips: Record<BlockId, GetBlockResult>,
  collectionId: BlockId | undefined,
): PlannedTransaction {
  const collection = collectionId ?? firstBlockId(changes);
  const blocks = new Map<BlockId, Transform>();
  const bases: Record<BlockId, number> = {};
  for (const change of changes) {
    const tip = tips[change.blockId];
    const transform = transformOf(change, tip, collection);
    if (transform === undefined) continue;
    blocks.set(change.blockId, transform);
    bases[change.blockId] = tip?.state.latest?.rev ?? 0;
  }
  return { transforms: transformsFromBlocks(blocks), bases, collectionId: collection };
}

/** A collection is named by its first block: the one that stands first in the store's log. */
function firstBlockId(changes: readonly LoadedChange[]): BlockId {
  return changes.map(change => change.blockId).sort()[0] ?? fileBlockId(Buffer.alloc(0));
}

function transformOf(
  change: LoadedChange,
  tip: GetBlockResult | undefined,
  collectionId: BlockId,
): Transform | undefined {
  const { blockId, path, before, after, content } = change;
  const block = tip?.block;
  const differs = (problem: string) =>
    new CommandError(`the store does not hold what this history left there: ${quotePath(path)} ${problem}`);
  if (tip?.unavailable !== undefined) throw differs("cannot be read; 'blockstrata verify' tells more");
  if (before === undefined) {
    if (block !== undefined) throw differs('exists');
    if (after === undefined || content === undefined) return undefined;
    return { insert: newFileBlock(blockId, collectionId, { path, mode: after.mode, content }) };
  }
  if (!isFileBlock(block)) throw differs(block === undefined ? 'is absent' : 'is no file');
  if (after === undefined || content === undefined) return { delete: true };
  const updates = updatesOf(block, after.mode, content);
  return updates.length === 0 ? undefined : { updates };
}

function updatesOf(block: FileBlock, mode: string, content: FileContent): BlockOperation[] {
  const updates: BlockOperation[] = [];
  if (block.mode !== mode) updates.push(['mode', -1, 0, mode]);
  if (content instanceof Uint8Array || block.content instanceof Uint8Array) {
    if (!sameBytes(content, block.content)) updates.push(['content', -1, 0, content]);
  } else {
    updates.push(...lineSplices('content', block.content, content));
  }
  return updates;
}

function sameBytes(a: FileContent, b: FileContent): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
}
