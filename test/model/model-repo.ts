import {
  contentEquals,
  type BlockGets,
  type BlockId,
  type CommitRequest,
  type PendRequest,
  type RepoFailureCode,
  type Transform,
  type TrxBlocks,
  type TrxId,
  type TrxRev,
} from '@blockstrata/db-core';
import { applyPlainly, CANNOT, type PlainBlock } from './plain-block.js';

type Committed = { rev: number; trxId: TrxId; transform: Transform; block: PlainBlock | undefined };
type Pending = { transform: Transform; base: number | undefined };
type ModelBlock = { history: Committed[]; pendings: Map<TrxId, Pending> };

/** What the model says a pend or a commit answers. */
export type ModelAnswer =
  | { success: true; pending: { blockId: BlockId; trxId: TrxId }[] }
  | {
      success: false;
      code: RepoFailureCode;
      staleAt?: { blockId: BlockId; rev: number };
      pending?: { blockId: BlockId; trxId: TrxId; transform?: Transform }[];
    }
  | 'invalid'
  | 'waits';

/** What the model says a read finds of one block. */
export type ModelResult = {
  block?: PlainBlock;
  rev?: number;
  state: { latest?: TrxRev; pendings?: TrxId[] };
  unavailable?: 'unmaterializable';
};

/**
 * A repository in maps and arrays, written from the words of the contract alone: each call is one step, and every
 * version of every block is kept whole.
 */
export class ModelRepo {
  readonly blocks = new Map<BlockId, ModelBlock>();
  readonly log: { trxId: TrxId; rev: number; blockIds: BlockId[] }[] = [];

  pend({ trxId, rev, policy, transforms, bases }: PendRequest): ModelAnswer {
    const changes = changesOf(transforms);
    const held = [...changes].map(([blockId, transform]) => {
      const mine = this.#heldTransform(blockId, trxId);
      return mine === undefined ? 'absent' : contentEquals(mine, transform) ? 'same' : 'other';
    });
    if (held.length > 0 && held.every(one => one === 'same')) return { success: true, pending: [] };
    if (held.some(one => one !== 'absent')) return { success: false, code: 'trx-reused' };
    for (const [blockId, transform] of changes) {
      const tip = this.tip(blockId);
      if (tip === undefined) continue;
      const base = bases !== undefined && Object.hasOwn(bases, blockId) ? bases[blockId] : undefined;
      const moved = base !== undefined && tip.rev > base;
      const born = transform.insert !== undefined && tip.block !== undefined;
      if ((rev !== undefined && tip.rev >= rev) || moved || born) {
        return { success: false, code: 'stale', staleAt: { blockId, rev: tip.rev } };
      }
    }
    const others = [...changes.keys()].flatMap(blockId =>
      [...this.#pendings(blockId)].map(([other, { transform }]) => ({ blockId, trxId: other, transform })),
    );
    const ids = others.map(({ blockId, trxId: other }) => ({ blockId, trxId: other }));
    if (others.length > 0 && policy === 'w') return 'waits';
    if (others.length > 0 && policy === 'f') return { success: false, code: 'pending', pending: ids };
    if (others.length > 0 && policy === 'r') return { success: false, code: 'pending', pending: others };
    for (const [blockId, transform] of changes) {
      const tip = this.tip(blockId);
      const base = bases !== undefined && Object.hasOwn(bases, blockId) ? (bases[blockId] ?? 0) : 0;
      if (base <= (tip?.rev ?? 0) && applyPlainly(tip?.block, transform) === CANNOT) return 'invalid';
    }
    for (const [blockId, transform] of changes) {
      const base = bases !== undefined && Object.hasOwn(bases, blockId) ? bases[blockId] : undefined;
      this.#block(blockId).pendings.set(trxId, { transform: structuredClone(transform), base });
    }
    return { success: true, pending: ids };
  }

  commit({ trxId, rev, blockIds }: CommitRequest): ModelAnswer {
    const ready: [BlockId, Committed][] = [];
    let missing = false;
    let lacking = false;
    let inapplicable: ModelAnswer | undefined;
    for (const blockId of [...new Set(blockIds)].sort()) {
      const tip = this.tip(blockId);
      const stale: ModelAnswer = {
        success: false,
        code: 'stale',
        ...(tip === undefined ? {} : { staleAt: { blockId, rev: tip.rev } }),
      };
      const pending = this.#pendings(blockId).get(trxId);
      const committed = this.blocks.get(blockId)?.history.find(entry => entry.trxId === trxId);
      if (committed !== undefined) {
        if (committed.rev !== rev) return stale;
        continue;
      }
      if (tip !== undefined && tip.rev >= rev) return stale;
      if (pending === undefined) {
        missing = true;
        continue;
      }
      if (pending.base !== undefined && (tip?.rev ?? 0) > pending.base) return stale;
      if (pending.base !== undefined && (tip?.rev ?? 0) < pending.base) {
        lacking = true;
        continue;
      }
      const block = applyPlainly(tip?.block, pending.transform);
      if (block === CANNOT) inapplicable ??= stale;
      else ready.push([blockId, { rev, trxId, transform: pending.transform, block }]);
    }
    if (missing) return { success: false, code: 'missing-pend' };
    if (lacking) return { success: false, code: 'missing-base' };
    if (inapplicable !== undefined) return inapplicable;
    for (const [blockId, entry] of ready) {
      const block = this.#block(blockId);
      block.history.push(entry);
      block.pendings.delete(trxId);
    }
    if (ready.length > 0) this.log.push({ trxId, rev, blockIds: ready.map(([blockId]) => blockId) });
    return { success: true, pending: [] };
  }

  cancel({ trxId, blockIds }: TrxBlocks): void {
    for (const blockId of blockIds) {
      const block = this.blocks.get(blockId);
      block?.pendings.delete(trxId);
      if (block?.history.length === 0 && block.pendings.size === 0) this.blocks.delete(blockId);
    }
  }

  get({ blockIds, context = {} }: BlockGets): Map<BlockId, ModelResult> {
    return new Map(blockIds.map(blockId => [blockId, this.#read(blockId, context)]));
  }

  /** The newest revision of a block. */
  tip(blockId: BlockId): Committed | undefined {
    return this.blocks.get(blockId)?.history.at(-1);
  }

  #read(
    blockId: BlockId,
    { rev: pin = Infinity, committed = [], trxId }: NonNullable<BlockGets['context']>,
  ): ModelResult {
    const tip = this.tip(blockId);
    const pendings = this.#pendings(blockId);
    const elsewhere = new Map<TrxId, number>();
    for (const entry of committed) {
      if (pendings.has(entry.trxId) && entry.rev > (tip?.rev ?? 0)) {
        elsewhere.set(entry.trxId, Math.min(entry.rev, elsewhere.get(entry.trxId) ?? Infinity));
      }
    }
    const known = [...elsewhere].map(([id, rev]) => ({ trxId: id, rev })).sort((a, b) => a.rev - b.rev);
    const newest = known.at(-1) ?? (tip === undefined ? undefined : { trxId: tip.trxId, rev: tip.rev });
    const left = [...pendings.keys()].filter(id => !elsewhere.has(id));
    const state: ModelResult['state'] = {};
    if (newest !== undefined) state.latest = newest;
    if (left.length > 0) state.pendings = left;
    const pinned = this.blocks.get(blockId)?.history.findLast(entry => entry.rev <= pin);
    let block: PlainBlock | undefined | typeof CANNOT = pinned?.block;
    let rev = pinned?.rev;
    for (const entry of known.filter(one => one.rev <= pin)) {
      block = block === CANNOT ? block : applyPlainly(block, pendings.get(entry.trxId)?.transform ?? {});
      rev = entry.rev;
    }
    if (trxId !== undefined && left.includes(trxId) && block !== CANNOT) {
      block = applyPlainly(block, pendings.get(trxId)?.transform ?? {});
    }
    if (block === CANNOT) return { state, unavailable: 'unmaterializable' };
    return { state, ...(block === undefined ? {} : { block }), ...(rev === undefined ? {} : { rev }) };
  }

  #heldTransform(blockId: BlockId, trxId: TrxId): Transform | undefined {
    const block = this.blocks.get(blockId);
    return block?.pendings.get(trxId)?.transform ?? block?.history.find(entry => entry.trxId === trxId)?.transform;
  }

  #pendings(blockId: BlockId): Map<TrxId, Pending> {
    return this.blocks.get(blockId)?.pendings ?? new Map<TrxId, Pending>();
  }

  #block(blockId: BlockId): ModelBlock {
    let block = this.blocks.get(blockId);
    if (block === undefined) this.blocks.set(blockId, (block = { history: [], pendings: new Map() }));
    return block;
  }
}

function changesOf(transforms: PendRequest['transforms']): Map<BlockId, Transform> {
  const changes = new Map<BlockId, Transform>();
  const change = (blockId: BlockId) => {
    const known = changes.get(blockId) ?? {};
    changes.set(blockId, known);
    return known;
  };
  for (const [blockId, insert] of Object.entries(transforms.inserts ?? {})) change(blockId).insert = insert;
  for (const [blockId, updates] of Object.entries(transforms.updates ?? {})) change(blockId).updates = updates;
  for (const blockId of transforms.deletes ?? []) change(blockId).delete = true;
  return new Map([...changes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
