import type { IBlock } from '@blockstrata/db-core';
import type { Absent } from '../harness/figure.js';
import type { CommitTarget } from '../stores/commit-target.js';
import type { Transaction } from '../workload/transactions.js';
import { loadPeer } from './load-peer.js';

/** What is used here of the package hyperbee: a versioned B-tree on an append-only log. */
export interface Bee {
  readonly version: number;
  ready(): Promise<void>;
  put(key: string, value: unknown): Promise<void>;
  get(key: string): Promise<{ value: unknown } | null>;
  checkout(version: number): Bee;
  close(): Promise<void>;
}

type BeeModule = { default: new (core: object, options: Record<string, string>) => Bee };
type CoreModule = { default: new (directory: string) => object };

/** The packages hyperbee and hypercore, if they are there. */
export async function loadHyperbee(): Promise<((directory: string) => Promise<Bee>) | Absent> {
  const hyperbee = await loadPeer<BeeModule>('hyperbee');
  const hypercore = await loadPeer<CoreModule>('hypercore');
  if ('absent' in hyperbee) return hyperbee;
  if ('absent' in hypercore) return { ...hypercore, name: 'hyperbee' };
  return async directory => {
    const bee = new hyperbee.default(new hypercore.default(directory), { keyEncoding: 'utf-8', valueEncoding: 'json' });
    await bee.ready();
    return bee;
  };
}

/** hyperbee putting the block of each transaction once; it has no pends, and no sync to wait for. */
export async function hyperbeeCommits(): Promise<CommitTarget | Absent> {
  const open = await loadHyperbee();
  if ('absent' in open) return open;
  return {
    name: 'hyperbee, one put for each block',
    async open(directory, { timed }) {
      let bee = await open(directory);
      const blocks = timed.map(insertedBlocks);
      return {
        async run(index) {
          for (const block of blocks[index] ?? []) await bee.put(block.header.id, block);
        },
        close: () => bee.close(),
        reopen: async () => {
          bee = await open(directory);
        },
      };
    },
  };
}

function insertedBlocks({ pend }: Transaction): IBlock[] {
  return Object.values(pend.transforms.inserts ?? {});
}
