import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BlockOperation } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type IRawStorage } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { describe, expect, it } from 'vitest';
import { reportCovered } from '../covered.js';
import { RUNS_FACTOR, timesFactor } from '../random-runs.js';

const TRANSACTIONS = timesFactor(20_000);
const BLOCKS = 200;
const IN_FLIGHT = 32;
const CACHE_BYTES_MAX = 4 * 1024 * 1024;
// Half of the run fills the cache and compiles the code; what grows after that is a leak.
const HEAP_GROWTH_BYTES_MAX = 6 * 1024 * 1024;
const OPEN_FILES_GROWTH_MAX = 40;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const BACKENDS: readonly { name: string; open: (directory: string) => IRawStorage }[] = [
  { name: 'files', open: directory => new FileRawStorage(directory, options()) },
  { name: 'LevelDB', open: directory => new LevelDBRawStorage(directory, options()) },
];

function options() {
  return { durability: 'relaxed', cacheBytesMax: CACHE_BYTES_MAX } as const;
}

/** Commits, cancels and reads, over and over, on the same blocks. */
async function work(repo: StorageRepo, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next < to) {
      const i = next++;
      const id = `block-${i % BLOCKS}`;
      const trxId = `trx-${i}`;
      const known = (await repo.get({ blockIds: [id] }))[id];
      const transforms =
        known?.block === undefined
          ? { inserts: { [id]: { header: { id, type: 't', collectionId: 'c' }, text: '' } } }
          : { updates: { [id]: [['text', -1, 0, `text ${i} `.repeat(10)]] as BlockOperation[] } };
      const rev = i + 1;
      const pended = await repo.pend({ trxId, transforms, policy: 'c' });
      if (!pended.success) continue;
      if (i % 10 === 0) await repo.cancel({ trxId, blockIds: [id] });
      else if (!(await repo.commit({ trxId, blockIds: [id], rev })).success)
        await repo.cancel({ trxId, blockIds: [id] });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

/** What is in use when nothing waits in memory for the disk: the same storage object, closed and open again. */
async function used(storage: IRawStorage): Promise<{ heapBytes: number; openFiles: number }> {
  await storage.close();
  await storage.open();
  collectGarbage();
  await new Promise(resolve => setImmediate(resolve));
  collectGarbage();
  return { heapBytes: process.memoryUsage().heapUsed, openFiles: (await readdir('/proc/self/fd')).length };
}

describe.runIf(process.platform === 'linux')('a store under long work (INV-12)', () => {
  for (const { name, open } of BACKENDS) {
    it(
      `stays flat on ${name} after its warm-up: heap and file handles, over ${TRANSACTIONS} transactions`,
      async () => {
        const directory = await mkdtemp(join(tmpdir(), 'blockstrata-soak-'));
        const storage = open(join(directory, 'store'));
        const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
        await work(repo, 0, TRANSACTIONS / 2);
        const warm = await used(storage);
        await work(repo, TRANSACTIONS / 2, TRANSACTIONS);
        const end = await used(storage);
        expect(end.heapBytes - warm.heapBytes).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
        expect(end.openFiles - warm.openFiles).toBeLessThan(OPEN_FILES_GROWTH_MAX);
        expect((await repo.verify()).violations).toEqual([]);
        reportCovered({ transactions: TRANSACTIONS });
        await storage.close();
        await rm(directory, { recursive: true });
      },
      120_000 * RUNS_FACTOR,
    );
  }
});
