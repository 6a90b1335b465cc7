import type { BlockId, IRepo } from '@blockstrata/db-core';
import { ContentSource, idOf } from './content.js';
import { pendAndCommit } from './pend-and-commit.js';
import { insertion, update } from './transactions.js';

/** Blocks that lie in a store, all with the same revisions. */
export type FilledBlocks = {
  readonly blockIds: readonly BlockId[];
  /** Revisions 1 to this one; each block has all of them. */
  readonly revisions: number;
  /** The transaction of each revision of each block, for those who look records up by themselves. */
  trxIdOf(blockIndex: number, rev: number): string;
};

const INSERTED_TOGETHER = 100;

/** Inserts `blocks` blocks of 1 KiB, a hundred in a transaction. */
export async function fillTips(repo: IRepo, name: string, blocks: number): Promise<FilledBlocks> {
  const content = new ContentSource(blocks);
  const blockIds = blockIdsOf(name, blocks);
  for (let b = 0; b < blocks; b += INSERTED_TOGETHER) {
    const inserted = insertion(name, b / INSERTED_TOGETHER, blockIds.slice(b, b + INSERTED_TOGETHER), content);
    await pendAndCommit(repo, atRevision(inserted, 1));
  }
  const trxIdOf = (index: number) => idOf(`trx ${name}`, Math.floor(index / INSERTED_TOGETHER));
  return { blockIds, revisions: 1, trxIdOf };
}

/** Gives `blocks` blocks `revisions` revisions each: an insert, and then one-field updates of all of them together. */
export async function fillHistories(
  repo: IRepo,
  name: string,
  blocks: number,
  revisions: number,
): Promise<FilledBlocks> {
  const content = new ContentSource(revisions);
  const blockIds = blockIdsOf(name, blocks);
  await pendAndCommit(repo, insertion(name, 0, blockIds, content));
  for (let r = 1; r < revisions; r++) await pendAndCommit(repo, update(name, r, blockIds, content));
  return { blockIds, revisions, trxIdOf: (_index, rev) => idOf(`trx ${name}`, rev - 1) };
}

function blockIdsOf(name: string, blocks: number): BlockId[] {
  return Array.from({ length: blocks }, (_, b) => idOf(`block ${name}`, b));
}

type Sent = ReturnType<typeof insertion>;

function atRevision({ pend, commit }: Sent, rev: number): Sent {
  return { pend: { ...pend, rev }, commit: { ...commit, rev } };
}
