import { metaKey, trxKey } from '@blockstrata/db-p2p/storage';
import { openOurs, type Backend, type Ours } from './open-ours.js';
import { WrongResultError } from './commit-target.js';
import type { Query, ReadSession } from './reader.js';

/** Our engine, open for reading at `directory`. */
export async function openOursReader(
  backend: Backend,
  directory: string,
  cacheBytesMax?: number,
): Promise<ReadSession> {
  const options = cacheBytesMax === undefined ? {} : { cacheBytesMax };
  const ours = openOurs(backend, directory, { durability: 'relaxed', ...options });
  await ours.storage.open();
  return readSessionOf(ours);
}

/** A session on a store that is open. */
export function readSessionOf({ storage, repo }: Ours): ReadSession {
  const read = ({ blockIds, rev }: Query) =>
    repo.get(rev === undefined ? { blockIds: [...blockIds] } : { blockIds: [...blockIds], context: { rev } });
  return {
    read,
    async blocks(query) {
      const results = await read(query);
      return query.blockIds.map(blockId => {
        const block = results[blockId]?.block;
        if (block === undefined) throw new WrongResultError(`block ${blockId} was not read`);
        return block;
      });
    },
    async warmEngine(queries) {
      for (const { blockIds, tipTrxIds } of queries) {
        const copies = blockIds.map((blockId, i) => trxKey('block', blockId, tipTrxIds[i] ?? ''));
        await storage.driver.getMany([...blockIds.map(metaKey), ...copies]);
      }
    },
    close: () => storage.close(),
  };
}
