import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockStorage, StorageRepo, type VerifyReport } from '@blockstrata/db-p2p/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkFiles } from '../src/engine-files/check-files.js';
import { LevelDBRawStorage } from '../src/index.js';
import { temporaryDirectory } from './raw-database.js';

const BLOCKS = 400;
const SESSIONS = 2;
const ENGINE = { openCheckBytesMax: 0 };

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function withRepo<T>(run: (repo: StorageRepo, storage: LevelDBRawStorage) => Promise<T>): Promise<T> {
  const storage = new LevelDBRawStorage(directory, { ...ENGINE, durability: 'relaxed' });
  try {
    return await run(new StorageRepo(blockId => new BlockStorage(blockId, storage)), storage);
  } finally {
    await storage.close();
  }
}

/** A store with a table for each session, of content that does not compress: too few for LevelDB to merge them. */
async function makeStore(): Promise<void> {
  for (let session = 0; session < SESSIONS; session++) {
    await withRepo(async repo => {
      for (let i = session; i < BLOCKS; i += SESSIONS) await insert(repo, i, (i - session) * SESSIONS + session + 1);
    });
  }
  // Opened once more, LevelDB moves its log into a table.
  await withRepo(repo => repo.get({ blockIds: [] }));
}

async function insert(repo: StorageRepo, i: number, rev: number): Promise<void> {
  const id = `block-${i}`;
  const text = createHash('shake256', { outputLength: 900 }).update(id).digest('hex');
  const inserts = { [id]: { header: { id, type: 'note', collectionId: 'notes' }, text } };
  await repo.pend({ trxId: `trx-${i}`, transforms: { inserts }, policy: 'c' });
  expect(await repo.commit({ trxId: `trx-${i}`, blockIds: [id], rev })).toEqual({ success: true });
}

// Of the tables in the directory, those that LevelDB has merged into others are about to go.
async function tableNames(): Promise<string[]> {
  return (await checkFiles(directory)).tables.map(({ name }) => name).sort();
}

async function damage(name: string, share: number): Promise<void> {
  const path = join(directory, name);
  const bytes = await readFile(path);
  const offset = Math.floor(bytes.length * share);
  bytes[offset] = (bytes[offset] ?? 0) ^ 4;
  await writeFile(path, bytes);
}

function recordsOf({ violations }: VerifyReport): string[] {
  return violations.flatMap(({ kind, record }) => (kind === 'damaged' && record !== undefined ? [record] : []));
}

describe('verify() of a store with damaged tables', () => {
  it('finds every damaged table, checks whatever can still be read, and names what is gone with them (INV-6)', async () => {
    await makeStore();
    const damaged = await tableNames();
    expect(damaged).toHaveLength(SESSIONS);
    for (const name of damaged) await damage(name, 0.1);
    const report = await withRepo(repo => repo.verify());
    expect(
      recordsOf(report)
        .map(record => record.split(' ')[0])
        .sort(),
    ).toEqual(damaged);
    expect(report.records).toBeGreaterThan(BLOCKS);
    expect(report.violations.filter(({ kind }) => kind === 'missing' || kind === 'hole')).not.toEqual([]);
  });

  it('finds nothing in a store that is whole', async () => {
    await makeStore();
    const report = await withRepo(repo => repo.verify());
    expect(report).toMatchObject({ blocks: BLOCKS, revisions: BLOCKS, logEntries: BLOCKS, violationsTotal: 0 });
    expect(report.records).toBe(BLOCKS * 5);
  });
});

describe('recover() of a store that is open, and has a damaged table', () => {
  it('gives the table up, reports it, and leaves a store that verifies (INV-9)', async () => {
    await makeStore();
    const [name = ''] = await tableNames();
    await damage(name, 0.4);
    await withRepo(async (repo, storage) => {
      await storage.open();
      const { losses, remaining } = await repo.recover();
      expect(losses.map(({ record }) => record.split(' ')[0])).toContain(name);
      expect(remaining.violations.filter(({ kind }) => kind === 'damaged')).toEqual([]);
      expect(await storage.inspectEngine()).toEqual([]);
    });
  });
});
