import type { IBlock } from '@blockstrata/db-core';
import { trxKey } from '@blockstrata/db-p2p/storage';
import { openFrame } from '../bare/frame.js';
import type { Absent } from '../harness/figure.js';
import type { Query, ReadSession } from '../stores/reader.js';
import { loadHyperbee, type Bee } from './hyperbee.js';
import { loadLmdb } from './lmdb.js';
import { loadSqlite } from './sqlite.js';

/** A block with its copies at the revisions 1, 2, 3 …; or only its tip, at its key. */
export type CopiedBlock = { readonly blockId: string; readonly tipTrxId: string; readonly copies: readonly IBlock[] };

/** A peer that can be filled with blocks, and read. */
export type ReadPeer = {
  readonly name: string;
  fill(directory: string, blocks: readonly CopiedBlock[], sealed: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** `blockCount`: how many blocks it was filled with. */
  open(directory: string, blockCount: number): Promise<ReadSession>;
};

/** lmdb with the same copies under the same keys. */
export async function lmdbReader(): Promise<ReadPeer | Absent> {
  const load = await loadLmdb();
  if ('absent' in load) return load;
  return {
    name: 'lmdb get',
    async fill(directory, _blocks, sealed) {
      const db = load(directory, 'relaxed');
      await db.batch(() => {
        for (const [key, value] of sealed) void db.put(key, value);
      });
      await db.close();
    },
    async open(directory) {
      const db = load(directory, 'relaxed');
      return keyedSession(
        key => db.get(key),
        () => db.close(),
      );
    },
  };
}

/** better-sqlite3 with the same copies under the same keys. */
export async function sqliteReader(): Promise<ReadPeer | Absent> {
  const load = await loadSqlite();
  if ('absent' in load) return load;
  return {
    name: 'better-sqlite3 get',
    async fill(directory, _blocks, sealed) {
      const db = load(directory, 'relaxed');
      const put = db.prepare('INSERT INTO records VALUES (?, ?)');
      db.transaction(() => {
        for (const [key, value] of sealed) put.run(key, value);
      })();
      db.close();
    },
    async open(directory) {
      const db = load(directory, 'relaxed');
      const get = db.prepare('SELECT value FROM records WHERE key = ?');
      const read = (key: string) => (get.get(key) as { value: Uint8Array } | undefined)?.value;
      return keyedSession(read, async () => db.close());
    },
  };
}

/** hyperbee with every revision put in its turn; a revision is read by `checkout().get`. */
export async function hyperbeeReader(): Promise<ReadPeer | Absent> {
  const load = await loadHyperbee();
  if ('absent' in load) return load;
  return {
    name: 'hyperbee checkout().get',
    async fill(directory, blocks) {
      const bee = await load(directory);
      for (let rev = 0; rev < (blocks[0]?.copies.length ?? 0); rev++) {
        for (const { blockId, copies } of blocks) await bee.put(blockId, copies[rev]);
      }
      await bee.close();
    },
    async open(directory, blockCount) {
      const bee = await load(directory);
      const checkouts: Bee[] = [];
      // Its version counts its puts, from 1 for an empty one.
      const read = async ({ blockIds: [blockId = ''], rev }: Query) => {
        const at = rev === undefined ? bee : bee.checkout(1 + rev * blockCount);
        if (at !== bee) checkouts.push(at);
        return (await at.get(blockId))?.value;
      };
      const close = async () => {
        // One that is left open keeps the storage locked.
        await Promise.all(checkouts.map(checkout => checkout.close()));
        await bee.close();
      };
      return { read, blocks: async query => [await read(query)], close };
    },
  };
}

function keyedSession(get: (key: string) => Uint8Array | undefined, close: () => Promise<void>): ReadSession {
  const keysOf = ({ blockIds, tipTrxIds }: Query) =>
    blockIds.map((blockId, i) => trxKey('block', blockId, tipTrxIds[i] ?? '').encoded);
  return {
    read: async query => keysOf(query).map(get),
    blocks: async query => keysOf(query).map(key => openFrame(key, get(key) ?? new Uint8Array())),
    close,
  };
}
