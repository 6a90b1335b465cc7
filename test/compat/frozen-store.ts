import { createHash } from 'node:crypto';
import type { BlockOperation, IBlock } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type IRawStorage } from '@blockstrata/db-p2p/storage';

/** The ids of the frozen stores; those that need escaping among them. */
const BLOCK_IDS: readonly string[] = ['plain', 'Über/../x', 'CON', '__proto__', 'long-'.repeat(50)];
const REVISIONS = 80;

/** Writes what a frozen store holds: all kinds of content, tombstones, pendings, sparse revisions. */
export async function writeFrozenStore(storage: IRawStorage): Promise<void> {
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
  const inserts = Object.fromEntries(BLOCK_IDS.map(id => [id, block(id)]));
  Object.defineProperty(inserts, '__proto__', { value: block('__proto__'), enumerable: true });
  await repo.pend({ trxId: 'first', transforms: { inserts }, rev: 1, policy: 'f' });
  await repo.commit({ trxId: 'first', blockIds: [...BLOCK_IDS], rev: 1 });
  for (let i = 2; i <= REVISIONS; i++) {
    const id = BLOCK_IDS[i % 4] ?? '';
    const updates: BlockOperation[] = [
      ['list', 0, 0, [i, `é${i}`]],
      ['bytes', -1, 0, new Uint8Array([i, 255, 0])],
    ];
    const transforms = { updates: Object.fromEntries([[id, updates]]) };
    if (id === '__proto__') Object.defineProperty(transforms.updates, id, { value: updates, enumerable: true });
    await repo.pend({ trxId: `trx-${i}`, transforms, rev: i * 1000, policy: 'f' });
    await repo.commit({ trxId: `trx-${i}`, blockIds: [id], rev: i * 1000 });
  }
  const last = BLOCK_IDS.at(-1) ?? '';
  await repo.pend({ trxId: 'deletion', transforms: { deletes: [last] }, rev: 2 ** 53 - 2, policy: 'f' });
  await repo.commit({ trxId: 'deletion', blockIds: [last], rev: 2 ** 53 - 2 });
  await repo.pend({ trxId: 'pending', transforms: { updates: { plain: [['title', -1, 0, 'x']] } }, policy: 'f' });
  await storage.close();
}

/** SHA-256 over every block at every revision, and what is pending. */
export async function digestOf(repo: StorageRepo): Promise<string> {
  const hash = createHash('sha256');
  for (const rev of [0, 1, ...Array.from({ length: REVISIONS }, (_, i) => (i + 1) * 1000), 2 ** 53 - 1]) {
    const results = await repo.get({ blockIds: [...BLOCK_IDS], context: { rev } });
    for (const id of BLOCK_IDS) hash.update(JSON.stringify([id, rev, results[id]], sorted));
  }
  return hash.digest('hex');
}

function block(id: string): IBlock {
  const header = { id, type: 'stores', collectionId: 'c' };
  return { header, list: [null, true, -1.5, 2 ** 53 - 1, '😀'], nested: { constructor: { a: [] } }, title: 't' };
}

/** Key order is no part of a value; bytes are shown as numbers. */
function sorted(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
