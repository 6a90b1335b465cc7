import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory } from './durable-files.js';
import type { Engine } from './engine.js';
import type { Finding } from './engine-files/findings.js';
import { unlessGone } from './system-errors.js';

const MARK_NAME = 'closed';

// Behind every key of a record: no letter of a kind comes after it.
const MARK_KEY = '~closed';

/**
 * Makes what is written to LevelDB up to now something that must be there when it is opened next: the end of its log is
 * the one place where damage would not show. Call {@link leaveMark} when that is on disk.
 */
export async function writeMark(engine: Engine, mark: Uint8Array): Promise<void> {
  await engine.put(MARK_KEY, mark);
}

/** Says, durably, that the store was closed with this mark. */
export async function leaveMark(path: string, mark: Uint8Array): Promise<void> {
  await replaceFile(join(path, MARK_NAME), mark);
}

/** What a store lacks that was closed with a mark; `undefined`: nothing, or it was not closed (INV-6). */
export async function findLostEnd(engine: Engine, path: string): Promise<Finding | undefined> {
  const left = await readFile(join(path, MARK_NAME)).catch(unlessGone);
  if (left === undefined) return undefined;
  const stored = await engine.get(MARK_KEY);
  if (stored !== undefined && Buffer.compare(left, stored) === 0) return undefined;
  const problem = 'what was written last before the store was closed is not there';
  return { record: 'the end of the log', problem, remedy: { kind: 'accept' } };
}

/** Takes the mark away before the store changes. */
export async function removeMark(path: string): Promise<void> {
  await rm(join(path, MARK_NAME), { force: true });
  await syncDirectory(path);
}
