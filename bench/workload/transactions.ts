import type { BlockId, CommitRequest, IBlock, PendRequest } from '@blockstrata/db-core';
import { ContentSource, fieldName, FIELDS, idOf } from './content.js';

/** One transaction as its coordinator sends it. */
export type Transaction = { readonly pend: PendRequest; readonly commit: CommitRequest };

/** What transactions do. */
export type WorkloadShape = {
  readonly seed: number;
  readonly transactions: number;
  /** Blocks in each transaction. */
  readonly blocks: number;
  /** Every transaction inserts blocks of its own; or they take turns with one-field updates of so many blocks. */
  readonly hotBlocks?: number;
};

/** The transactions of a shape; those that make the hot blocks come first, and are apart. */
export type Transactions = { readonly before: readonly Transaction[]; readonly timed: readonly Transaction[] };

/** Makes the transactions of a shape: the same for the same shape. */
export function makeTransactions({ seed, transactions, blocks, hotBlocks }: WorkloadShape): Transactions {
  const content = new ContentSource(seed);
  const name = `${seed}`;
  if (hotBlocks === undefined) {
    const timed = Array.from({ length: transactions }, (_, t) =>
      insertion(
        name,
        t,
        Array.from({ length: blocks }, (__, b) => idOf(`block ${name}`, t * blocks + b)),
        content,
      ),
    );
    return { before: [], timed };
  }
  const ids = Array.from({ length: hotBlocks }, (_, b) => idOf(`block ${name}`, b));
  const before = ids.map((id, b) => insertion(name, b, [id], content));
  const timed = Array.from({ length: transactions }, (_, t) => {
    const touched = Array.from({ length: blocks }, (__, b) => ids[(t * blocks + b) % ids.length] ?? '');
    return update(name, hotBlocks + t, touched, content);
  });
  return { before, timed };
}

/** A transaction that inserts blocks of 1 KiB. */
export function insertion(name: string, t: number, blockIds: readonly BlockId[], content: ContentSource): Transaction {
  const inserts: Record<BlockId, IBlock> = {};
  for (const id of blockIds) {
    inserts[id] = { header: { id, type: 'bench', collectionId: 'bench' }, ...content.fields() };
  }
  return transaction(name, t, blockIds, { inserts });
}

/** A transaction that sets one field of each of the blocks. */
export function update(name: string, t: number, blockIds: readonly BlockId[], content: ContentSource): Transaction {
  const updates: NonNullable<PendRequest['transforms']['updates']> = {};
  for (const id of blockIds) updates[id] = [[fieldName(content.below(FIELDS)), -1, 0, content.field()]];
  return transaction(name, t, blockIds, { updates });
}

/** One revision for all blocks of a transaction, and 1, 2, 3 … over the transactions. */
function transaction(
  name: string,
  t: number,
  blockIds: readonly BlockId[],
  transforms: PendRequest['transforms'],
): Transaction {
  const trxId = idOf(`trx ${name}`, t);
  const rev = t + 1;
  return {
    pend: { trxId, transforms, rev, policy: 'f' },
    commit: { trxId, blockIds: [...blockIds], rev },
  };
}
