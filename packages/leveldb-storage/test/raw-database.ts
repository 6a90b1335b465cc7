import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';

// Where there is a file system in memory, the many small databases wait for no disk.
const BASE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A directory for a test, which is to remove it. */
export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(BASE, 'blockstrata-leveldb-'));
}

/** Batch `i` of a written database: two records, so that half a batch would show. */
export function batchOf(i: number, valueBytes: number): { key: string; value: string }[] {
  const value = String.fromCharCode(97 + (i % 26)).repeat(valueBytes);
  return [
    { key: `a${i}`, value },
    { key: `b${i}`, value },
  ];
}

/** Writes batches to a new database with nothing but LevelDB, and leaves them in its log. */
export async function writeBatches(directory: string, valueBytes: readonly number[]): Promise<void> {
  const db = new ClassicLevel<string, string>(directory);
  for (const [i, bytes] of valueBytes.entries()) {
    await db.batch(batchOf(i, bytes).map(({ key, value }) => ({ type: 'put', key, value })));
  }
  await db.close();
}

/** What LevelDB replays of `count` batches, in a copy of the directory: for each, how many of its records are there. */
export async function replayed(directory: string, count: number): Promise<number[]> {
  const copy = await temporaryDirectory();
  try {
    await cp(directory, copy, { recursive: true });
    const db = new ClassicLevel<string, string>(copy, { createIfMissing: false });
    await db.open();
    const found = [];
    for (let i = 0; i < count; i++) {
      const values = await db.getMany([`a${i}`, `b${i}`]);
      found.push(values.filter(value => value !== undefined).length);
    }
    await db.close();
    return found;
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** The only log of a database. */
export async function onlyLog(directory: string): Promise<string> {
  const logs = (await readdir(directory)).filter(name => name.endsWith('.log'));
  if (logs.length !== 1) throw new RangeError(`${logs.length} logs`);
  return join(directory, logs[0] ?? '');
}
