import { RepoClient } from '@blockstrata/db-p2p';
import type { IRepo } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import type { Figure, Outcome } from '../harness/figure.js';
import type { Asked } from '../harness/question.js';
import { timed } from '../harness/timed.js';
import { tcpNode } from './node.js';
import { startServer } from './server.js';

const LOCAL = 'the same, in the process of the store';
const IN_FLIGHT = 64;
const TEXT = 'x'.repeat(1024);

/** Pends and commits blocks of 1 KiB at another process, 64 at once, on a durable store. */
export function remoteFigure({ small, scratch }: Asked): Figure {
  const transactions = small ? 256 : 4_096;
  return {
    name: `pend + commit of ${transactions} blocks of 1 KiB, ${IN_FLIGHT} in flight, LevelDB, durable`,
    unit: '/s',
    bound: { against: LOCAL, atLeast: 0.3 },
    async prepare() {
      const directories = [scratch.fresh('remote'), scratch.fresh('local')] as const;
      const server = await startServer({ revisions: 0, revisionBytes: 0, levelDirectory: directories[0] });
      const node = await tcpNode([], {});
      const remote = new RepoClient({ libp2p: node, peer: server.addresses });
      const storage = new LevelDBRawStorage(directories[1]);
      const local = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
      await remote.get({ blockIds: ['warm'] });
      const run =
        (repo: IRepo) =>
        async (round: number): Promise<Outcome> => {
          const ms = await timed(() => writeAll(repo, round, transactions));
          return { value: (transactions / ms) * 1000 };
        };
      return {
        ours: { name: 'RepoClient over TCP to another process', run: run(remote) },
        peers: [{ name: LOCAL, run: run(local) }],
        async dispose() {
          await remote.close();
          await node.stop();
          await server.stop();
          await storage.close();
          directories.forEach(directory => scratch.discard(directory));
        },
      };
    },
  };
}

async function writeAll(repo: IRepo, round: number, transactions: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < transactions; n = next++) {
      const id = `block-${round}-${n}`;
      const block = { header: { id, type: 'text', collectionId: 'bench' }, text: TEXT };
      const pended = await repo.pend({
        trxId: `trx-${id}`,
        rev: 1,
        policy: 'f',
        transforms: { inserts: { [id]: block } },
      });
      const committed = await repo.commit({ trxId: `trx-${id}`, blockIds: [id], rev: 1 });
      if (!pended.success || !committed.success) throw new TypeError(`${id} was not committed`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}
