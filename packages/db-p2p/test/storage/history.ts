import type { BlockOperation, IBlock, Transforms } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type IRawStorage, type RestoreCallback } from '@blockstrata/db-p2p/storage';

/** Numbers from a seed (mulberry32), so that a failing history can be made again. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A repository whose blocks keep a copy every four revisions. */
export function openRepo(storage: IRawStorage, restore?: RestoreCallback): StorageRepo {
  return new StorageRepo(blockId => new BlockStorage(blockId, storage, restore, { checkpointInterval: 4 }), {
    storage,
  });
}

/** What each block was after each revision that touched it. */
export type Expected = Map<string, Map<number, IBlock | undefined>>;

/** Commits a random history of inserts, splices, sets, deletes and re-inserts, and returns what it must read as. */
export async function commitHistory(
  repo: StorageRepo,
  blockIds: readonly string[],
  revisions: number,
  random: (below: number) => number,
): Promise<Expected> {
  const expected: Expected = new Map(blockIds.map(blockId => [blockId, new Map<number, IBlock | undefined>()]));
  const tips = new Map<string, IBlock | undefined>();
  let rev = 0;
  for (let i = 0; i < revisions; i++) {
    rev += 1 + random(3);
    const touched = blockIds.filter(() => random(blockIds.length) < 2);
    const transforms: Required<Transforms> = { inserts: {}, updates: {}, deletes: [] };
    for (const blockId of touched) {
      const next = nextStep(blockId, tips.get(blockId), rev, random, transforms);
      tips.set(blockId, next);
      expected.get(blockId)?.set(rev, next);
    }
    const trxId = `trx-${rev}`;
    const pended = await repo.pend({ trxId, transforms, rev, policy: 'f' });
    if (!pended.success) throw new TypeError(pended.reason);
    const committed = await repo.commit({ trxId, blockIds: touched, rev });
    if (!committed.success) throw new TypeError(committed.reason);
  }
  return expected;
}

function nextStep(
  blockId: string,
  tip: IBlock | undefined,
  rev: number,
  random: (below: number) => number,
  transforms: Required<Transforms>,
): IBlock | undefined {
  if (tip === undefined) {
    const block = { header: { id: blockId, type: 'list', collectionId: 'c' }, items: [rev], title: `t${rev}` };
    transforms.inserts[blockId] = block;
    return block;
  }
  if (random(12) === 0) {
    transforms.deletes.push(blockId);
    return undefined;
  }
  const items = tip.items as number[];
  const at = random(items.length + 1);
  const deleted = Math.min(random(2), items.length - at);
  const operations: BlockOperation[] = [
    ['items', at, deleted, [rev, rev + 0.5]],
    ['title', -1, 0, `t${rev}`],
  ];
  transforms.updates[blockId] = operations;
  return { ...tip, items: items.toSpliced(at, deleted, rev, rev + 0.5), title: `t${rev}` };
}

/** The block that a history says was there at `rev`. */
export function expectedAt(expected: Expected, blockId: string, rev: number): IBlock | undefined {
  let found: IBlock | undefined;
  for (const [at, block] of expected.get(blockId) ?? []) if (at <= rev) found = block;
  return found;
}
