import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RawStorage } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { reportCovered } from '../covered.js';
import { SEED, timesFactor } from '../random-runs.js';
import { seededRandom } from '../simulation/seeded-random.js';
import { BLOCK_IDS, failureOf, fillStore, problemOf, repoOver, type Filled } from './fill-store.js';
import { SmallDisk } from './small-disk.js';

const DISK_BYTES = 6 * 1024 * 1024;
const ROOM_BYTES = { min: 200_000, max: 1_500_000 };
const ROUNDS = timesFactor(8);
const ROUND_TIMEOUT_MS = 30_000;

const BACKENDS: readonly (readonly [string, (directory: string) => RawStorage])[] = [
  // Small, so that not only the log of LevelDB meets the end of the disk, but its tables and its manifest too.
  ['LevelDB', directory => new LevelDBRawStorage(directory, { writeBufferBytes: 64 * 1024 })],
  ['files', directory => new FileRawStorage(directory)],
];

const probe = await SmallDisk.mount(DISK_BYTES);
await probe?.unmount();
if (probe === undefined) console.warn('stores on a full disk are left out: this process may not mount a tmpfs');

let disk: SmallDisk | undefined;

afterEach(async () => {
  await disk?.unmount();
  disk = undefined;
});

async function newDisk(): Promise<SmallDisk> {
  disk = await SmallDisk.mount(DISK_BYTES);
  if (disk === undefined) throw new TypeError('a disk could be mounted, and cannot be any more');
  return disk;
}

/** Fills the disk under a store, and checks the store while the disk is full. */
async function runFull(storage: RawStorage, seed: number): Promise<Filled> {
  const repo = repoOver(storage);
  const filled = await fillStore(repo, seed);
  const { committed, pended, error } = filled;
  expect(error.code, `INV-6: ${error.message}, ${String(error.cause)}`).toBe('quota-exceeded');
  const transforms = { inserts: { late: { header: { id: 'late', type: 't', collectionId: 'a' } } } };
  const late = await failureOf(() => repo.pend({ trxId: 'late', transforms, policy: 'f' }));
  expect(late?.code, 'INV-7: nothing more is acknowledged').toBe('store-poisoned');
  expect(await problemOf(repo, committed, pended), 'INV-7: reads go on').toBeUndefined();
  await failureOf(() => storage.close());
  return filled;
}

/** Opens the store where there is room again: what was acknowledged is there, and nothing by half. */
async function checkWithRoom(storage: RawStorage, { committed, pended, unknown }: Filled): Promise<void> {
  const repo = repoOver(storage);
  await storage.open();
  const found = await repo.get({ blockIds: [...BLOCK_IDS] });
  const tips = new Set(BLOCK_IDS.map(id => found[id]?.state.latest?.trxId));
  const pendings = new Set(BLOCK_IDS.map(id => (found[id]?.state.pendings ?? []).join()));
  expect([tips.size, pendings.size], 'INV-2: all blocks say the same').toEqual([1, 1]);
  const [tip] = tips;
  const landed = tip === unknown ? [...committed, unknown] : committed;
  expect(tip, 'INV-1: the last commit is there').toBe(landed.at(-1));
  if (pended.has(unknown)) expect(tip === unknown || pendings.has(unknown), 'INV-1: the pend is there').toBe(true);
  expect(await problemOf(repo, landed, pended)).toBeUndefined();
  expect((await repo.verify()).violations).toEqual([]);
  const rev = landed.length + 1;
  await repo.cancel({ trxId: unknown, blockIds: [...BLOCK_IDS] });
  const updates = Object.fromEntries(
    BLOCK_IDS.map(id => [id, [['list', 0, 0, ['on']] as [string, number, number, string[]]]]),
  );
  expect(await repo.pend({ trxId: 'on', rev, transforms: { updates }, policy: 'f' })).toMatchObject({ success: true });
  expect(await repo.commit({ trxId: 'on', blockIds: [...BLOCK_IDS], rev })).toEqual({ success: true });
  await storage.close();
}

describe.skipIf(probe === undefined).each(BACKENDS)('a store on %s whose disk is full', (name, open) => {
  it(
    'says so, takes no more writes, goes on reading, and holds all that it promised when there is room (INV-1, INV-2, INV-6, INV-7)',
    async () => {
      const random = seededRandom(SEED);
      const failures = { pend: 0, commit: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const small = await newDisk();
        const directory = join(small.path, 'store');
        const first = open(directory);
        await first.open();
        await small.fill(ROOM_BYTES.min + Math.floor(random() * (ROOM_BYTES.max - ROOM_BYTES.min)));
        const filled = await runFull(first, SEED * 1_000 + round);
        failures[filled.failedAt]++;
        // There may be room to open it; if not, it is said that there is none, and nothing is lost by having tried.
        const still = open(directory);
        const refused = await failureOf(() => still.open().then(() => undefined));
        if (refused !== undefined) expect(refused.code, String(refused.cause)).toBe('quota-exceeded');
        await failureOf(() => still.close());
        await small.clear();
        await checkWithRoom(open(directory), filled);
        await small.unmount();
        disk = undefined;
      }
      reportCovered({ [`full disks under ${name}`]: ROUNDS });
      console.info(`full disks under ${name}: ${JSON.stringify(failures)}`);
    },
    ROUND_TIMEOUT_MS * ROUNDS,
  );
});
