import { trxKey } from '@blockstrata/db-p2p/storage';
import { openFrame } from '../bare/frame.js';
import { openRawLevel } from './raw-level.js';
import type { Query, ReadSession } from './reader.js';
import { WrongResultError } from './commit-target.js';

/** classic-level's promise API reading the copy of a block, whose key it is told: one `get`, or one `getMany`. */
export async function openRawLevelReader(directory: string): Promise<ReadSession> {
  const db = await openRawLevel(directory);
  const keysOf = ({ blockIds, tipTrxIds }: Query) =>
    blockIds.map((blockId, i) => trxKey('block', blockId, tipTrxIds[i] ?? '').encoded);
  const read = async (query: Query): Promise<(Uint8Array | undefined)[]> => {
    const [first = '', ...rest] = keysOf(query);
    return rest.length === 0 ? [await db.get(first)] : db.getMany([first, ...rest]);
  };
  return {
    read,
    async blocks(query) {
      const values = await read(query);
      return keysOf(query).map((key, i) => {
        const value = values[i];
        if (value === undefined) throw new WrongResultError(`there is nothing under ${key}`);
        return openFrame(key, value);
      });
    },
    async warmEngine(queries) {
      for (const query of queries) await db.getMany(keysOf(query));
    },
    close: () => db.close(),
  };
}
