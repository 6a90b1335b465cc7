import type { Scratch } from '../harness/scratch.js';
import { openOurs, type Backend } from '../stores/open-ours.js';
import { ContentSource, idOf } from '../workload/content.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { insertion } from '../workload/transactions.js';
import { runInFlight } from '../workload/run-in-flight.js';

/** A closed store with many blocks of 1 KiB, each in its first revision. */
export type LargeStore = {
  readonly directory: string;
  readonly blocks: number;
  /** Transactions that filled it, which is where its log ends. */
  readonly transactions: number;
  readonly blockIdAt: (index: number) => string;
  readonly trxIdAt: (index: number) => string;
};

const INSERTED_TOGETHER = 250;
const IN_FLIGHT = 4;

const stores = new Map<string, Promise<LargeStore>>();

/** Fills a store, once in a run for each number of blocks. */
export function largeStore(backend: Backend, blocks: number, scratch: Scratch): Promise<LargeStore> {
  const key = `${scratch.directory} ${backend} ${blocks}`;
  let store = stores.get(key);
  if (store === undefined) stores.set(key, (store = fill(backend, blocks, scratch)));
  return store;
}

async function fill(backend: Backend, blocks: number, scratch: Scratch): Promise<LargeStore> {
  const directory = scratch.fresh(`${blocks}-blocks`);
  const { storage, repo } = openOurs(backend, directory, { durability: 'relaxed' });
  const content = new ContentSource(blocks);
  const blockIdAt = (index: number) => idOf('large', index);
  const transactions = Math.ceil(blocks / INSERTED_TOGETHER);
  await runInFlight(transactions, IN_FLIGHT, async t => {
    const first = t * INSERTED_TOGETHER;
    const count = Math.min(INSERTED_TOGETHER, blocks - first);
    const ids = Array.from({ length: count }, (_, i) => blockIdAt(first + i));
    await pendAndCommit(repo, insertion('large', t, ids, content));
  });
  await storage.close();
  const trxIdAt = (index: number) => idOf('trx large', Math.floor(index / INSERTED_TOGETHER));
  return { directory, blocks, transactions, blockIdAt, trxIdAt };
}
