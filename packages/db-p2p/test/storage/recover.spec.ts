import { MemoryDriver, RawStorage, exportArchive, type RecordKey, type RecordKind } from '@blockstrata/db-p2p/storage';
import { describe, expect, it } from 'vitest';
import { reportCovered } from '../../../../test/covered.js';
import { SEED, timesFactor } from '../../../../test/random-runs.js';
import { commitHistory, expectedAt, openRepo, seeded, type Expected } from './history.js';

const BLOCKS = ['a', 'b', 'c'];
const KINDS: readonly RecordKind[] = ['meta', 'rev', 'trx', 'block', 'pend'];
const RUNS = timesFactor(30);

/** Flips a bit of, cuts, or swaps random records below the kernel; returns how many. */
async function damage(driver: MemoryDriver, random: (below: number) => number): Promise<RecordKey[]> {
  const all: RecordKey[] = [];
  for (const kind of KINDS) {
    const { records } = await driver.scan({ kind, limit: 10_000, keysOnly: true });
    all.push(...records.map(({ key }) => key));
  }
  const chosen = Array.from({ length: 1 + random(4) }, () => all[random(all.length)]).filter(key => key !== undefined);
  for (const key of chosen) {
    const bytes = new Uint8Array(driver.get(key) ?? []);
    const at = random(bytes.length);
    const value = random(3) === 0 ? bytes.slice(0, at) : bytes.with(at, (bytes[at] ?? 0) ^ (1 << random(8)));
    await driver.write([{ key, value }]);
  }
  return chosen;
}

/** Every answer is exact, or says that it cannot be had (INV-6). Returns how many could not. */
async function readAll(repo: ReturnType<typeof openRepo>, expected: Expected, newest: number): Promise<number> {
  let unavailable = 0;
  for (let rev = 0; rev <= newest; rev++) {
    const results = await repo.get({ blockIds: BLOCKS, context: { rev } });
    for (const blockId of BLOCKS) {
      const result = results[blockId];
      if (result?.unavailable !== undefined) unavailable++;
      else expect(result?.block, `block ${blockId} at ${rev}`).toEqual(expectedAt(expected, blockId, rev));
    }
  }
  return unavailable;
}

async function damagedStore(seed: number) {
  const random = seeded(seed);
  const driver = new MemoryDriver();
  const storage = new RawStorage(driver);
  const expected = await commitHistory(openRepo(storage), BLOCKS, 30, random);
  const newest = Math.max(...[...expected.values()].flatMap(revisions => [...revisions.keys()]));
  await storage.close();
  await driver.open({
    create: true,
    durability: 'strict',
    salvage: false,
    admit: bytes => ({ bytes: bytes ?? new Uint8Array(), epoch: 1 }),
  });
  const damaged = await damage(driver, random);
  await driver.close(undefined);
  return { driver, expected, newest, damaged };
}

describe('recover', () => {
  it(`finds all damage, and reads nothing wrong before and after (${RUNS} runs from seed ${SEED})`, async () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const { driver, expected, newest } = await damagedStore(seed);
      const storage = new RawStorage(driver);
      const repo = openRepo(storage);
      const label = `seed ${seed}`;
      expect((await repo.verify()).violationsTotal, label).toBeGreaterThan(0);
      await readAll(repo, expected, newest);
      const { remaining } = await repo.recover();
      expect(
        remaining.violations.filter(({ kind }) => kind === 'damaged'),
        label,
      ).toEqual([]);
      await readAll(repo, expected, newest);
      const again = await repo.recover();
      expect(again.mended, label).toEqual([]);
      await storage.close();
    }
    reportCovered({ histories: RUNS });
  });

  it(`brings everything back from a peer that has it (${RUNS} runs from seed ${SEED})`, async () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const { driver, expected, newest } = await damagedStore(seed);
      const peer = new RawStorage(new MemoryDriver());
      await commitHistory(openRepo(peer), BLOCKS, 30, seeded(seed));
      const storage = new RawStorage(driver);
      const repo = openRepo(storage, (blockId, rev) => exportArchive(peer, blockId, rev));
      const label = `seed ${seed}`;
      const { remaining, mended } = await repo.recover();
      expect(mended.length, label).toBeGreaterThan(0);
      expect(remaining.violations, label).toEqual([]);
      expect(await readAll(repo, expected, newest), label).toBe(0);
      await storage.close();
      await peer.close();
    }
    reportCovered({ histories: RUNS });
  });
});
