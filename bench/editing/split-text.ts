import type { BlockId, BlockOperation, IBlock } from '@blockstrata/db-core';
import { idOf } from '../workload/content.js';
import type { Transaction } from '../workload/transactions.js';
import type { Patch } from './recordings.js';

/** The block that names the leaves, in order. */
export const INDEX_ID: BlockId = idOf('text', -1);

type Leaf = { readonly id: BlockId; readonly characters: string[] };

type Changes = {
  readonly updates: Record<BlockId, BlockOperation[]>;
  readonly inserts: Record<BlockId, IBlock>;
};

/**
 * A text as a database keeps it: an index block that names leaf blocks in order, each an array of at most
 * `leafCharactersMax` characters; a leaf that grows beyond is split in the same transaction. It turns patches into
 * transactions.
 */
export class SplitText {
  readonly #name: string;
  readonly #leafCharactersMax: number;
  readonly #leaves: Leaf[] = [];
  #leafCount = 0;
  #rev = 0;

  constructor(name: string, leafCharactersMax: number) {
    this.#name = name;
    this.#leafCharactersMax = leafCharactersMax;
  }

  /** The transaction that makes the blocks of an unchanged text. */
  begin(text: string): Transaction {
    const changes: Changes = { updates: {}, inserts: {} };
    this.#leaves.push(this.#newLeaf([...text]));
    changes.inserts[INDEX_ID] = blockOf(INDEX_ID, { leaves: this.#leaves.map(({ id }) => id) });
    for (const { id, characters } of this.#leaves) changes.inserts[id] = blockOf(id, { text: [...characters] });
    this.#splitLeaves(changes);
    return this.#transaction(changes);
  }

  /** The transaction that makes these patches, in order. */
  edit(patches: readonly Patch[]): Transaction {
    const changes: Changes = { updates: {}, inserts: {} };
    for (const [position, deleted, inserted] of patches) this.#apply(position, deleted, [...inserted], changes);
    this.#splitLeaves(changes);
    return this.#transaction(changes);
  }

  #apply(position: number, deleted: number, inserted: readonly string[], changes: Changes): void {
    let { index, offset } = this.#find(position);
    let left = deleted;
    let toInsert = inserted;
    while (left > 0 || toInsert.length > 0) {
      const leaf = this.#leaves[index];
      if (leaf === undefined) throw new RangeError(`a patch at ${position} lies behind the end of the text`);
      const here = Math.min(left, leaf.characters.length - offset);
      if (here > 0 || toInsert.length > 0) {
        leaf.characters.splice(offset, here, ...toInsert);
        (changes.updates[leaf.id] ??= []).push(['text', offset, here, [...toInsert]]);
      }
      toInsert = [];
      left -= here;
      index++;
      offset = 0;
    }
  }

  /** The first leaf that reaches to a position: what is inserted between two goes to the end of the first. */
  #find(position: number): { index: number; offset: number } {
    let offset = position;
    for (const [index, { characters }] of this.#leaves.entries()) {
      if (offset <= characters.length) return { index, offset };
      offset -= characters.length;
    }
    throw new RangeError(`${position} lies behind the end of the text`);
  }

  #splitLeaves(changes: Changes): void {
    for (let index = 0; index < this.#leaves.length; index++) {
      const leaf = this.#leaves[index];
      if (leaf === undefined || leaf.characters.length <= this.#leafCharactersMax) continue;
      const half = Math.ceil(this.#leafCharactersMax / 2);
      const rest = leaf.characters.splice(half);
      const next = this.#newLeaf(rest);
      this.#leaves.splice(index + 1, 0, next);
      // A leaf that this very transaction inserts is cut in what it inserts.
      const inserted = changes.inserts[leaf.id];
      if (inserted === undefined) (changes.updates[leaf.id] ??= []).push(['text', half, rest.length, []]);
      else changes.inserts[leaf.id] = blockOf(leaf.id, { text: [...leaf.characters] });
      changes.inserts[next.id] = blockOf(next.id, { text: [...rest] });
      const index0 = changes.inserts[INDEX_ID];
      if (index0 === undefined) (changes.updates[INDEX_ID] ??= []).push(['leaves', index + 1, 0, [next.id]]);
      else changes.inserts[INDEX_ID] = blockOf(INDEX_ID, { leaves: this.#leaves.map(({ id }) => id) });
    }
  }

  #newLeaf(characters: string[]): Leaf {
    return { id: idOf(`leaf of ${this.#name}`, this.#leafCount++), characters };
  }

  #transaction({ updates, inserts }: Changes): Transaction {
    const rev = ++this.#rev;
    const trxId = idOf(`edit of ${this.#name}`, rev);
    const blockIds = [...new Set([...Object.keys(inserts), ...Object.keys(updates)])];
    return { pend: { trxId, rev, policy: 'f', transforms: { inserts, updates } }, commit: { trxId, rev, blockIds } };
  }
}

function blockOf(id: BlockId, fields: Record<string, unknown>): IBlock {
  return { header: { id, type: 'text', collectionId: INDEX_ID }, ...fields };
}
