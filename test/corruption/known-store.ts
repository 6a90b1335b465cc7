import { createHash } from 'node:crypto';
import type { BlockId, IBlock, Transforms } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type IRawStorage } from '@blockstrata/db-p2p/storage';

/** What the blocks of a store were at each revision: revision n is commit n. */
export type Known = {
  readonly revisions: readonly ReadonlyMap<BlockId, IBlock | undefined>[];
  readonly pendings: ReadonlyMap<BlockId, string>;
};

/** The blocks that a known store may hold. */
export const BLOCK_IDS: readonly BlockId[] = ['a', 'b', 'Upper', '../c'];

const COMMITS = 14;

/** A repository over a store, as these tests use it. */
export function repoOver(storage: IRawStorage): StorageRepo {
  return new StorageRepo(id => new BlockStorage(id, storage, undefined, { checkpointInterval: 4 }), { storage });
}

/**
 * Writes a history of inserts, splices, bytes and deletions, and tells what it must read as.
 *
 * @param textBytes how long the text of each inserted block and of each inserted line is, at least. Default: short
 */
export async function writeKnownStore(storage: IRawStorage, textBytes = 0): Promise<Known['revisions']> {
  const repo = repoOver(storage);
  const now = new Map<BlockId, IBlock | undefined>();
  const revisions: ReadonlyMap<BlockId, IBlock | undefined>[] = [new Map()];
  for (let rev = 1; rev <= COMMITS; rev++) {
    const transforms: Required<Transforms> = { inserts: {}, updates: {}, deletes: [] };
    const ids = BLOCK_IDS.filter((_, i) => (rev + i) % 3 !== 0);
    for (const [i, id] of ids.entries()) change(id, rev + i, rev, now, transforms, textBytes);
    const trxId = `trx ${rev}`;
    expectSuccess(await repo.pend({ trxId, rev, transforms, policy: 'f' }));
    expectSuccess(await repo.commit({ trxId, blockIds: ids, rev }));
    revisions.push(new Map(now));
  }
  return revisions;
}

/** Makes a transaction pending on each of two blocks, and tells which. */
export async function pendOnKnownStore(storage: IRawStorage): Promise<Known['pendings']> {
  const repo = repoOver(storage);
  const pendings = new Map(BLOCK_IDS.slice(0, 2).map(id => [id, `pending on ${id}`]));
  for (const [id, trxId] of pendings) {
    expectSuccess(
      await repo.pend({ trxId, transforms: { updates: { [id]: [['text', -1, 0, 'pending']] } }, policy: 'f' }),
    );
  }
  return pendings;
}

function change(
  id: BlockId,
  dice: number,
  rev: number,
  now: Map<BlockId, IBlock | undefined>,
  transforms: Required<Transforms>,
  textBytes: number,
): void {
  const block = now.get(id);
  if (block === undefined) {
    const inserted = {
      header: { id, type: 'known', collectionId: 'a' },
      list: [rev],
      text: textOf(rev, textBytes),
      bytes: Uint8Array.of(rev, 255),
    };
    transforms.inserts[id] = inserted;
    now.set(id, inserted);
  } else if (dice % 11 === 0) {
    transforms.deletes.push(id);
    now.set(id, undefined);
  } else {
    const line = textOf(rev, textBytes);
    transforms.updates[id] = [
      ['list', 0, 0, [rev, line]],
      ['bytes', -1, 0, Uint8Array.of(rev)],
    ];
    now.set(id, { ...block, list: [rev, line, ...(block['list'] as unknown[])], bytes: Uint8Array.of(rev) });
  }
}

function textOf(rev: number, bytes: number): string {
  let text = `text at ${rev}`;
  // Nothing that LevelDB can compress.
  for (let i = 0; text.length < bytes; i++) text += createHash('sha256').update(`${rev} ${i}`).digest('hex');
  return text;
}

function expectSuccess(result: { success: boolean; reason?: string }): void {
  if (!result.success) throw new TypeError(`the known store could not be written: ${result.reason}`);
}
