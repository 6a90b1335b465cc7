import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory, syncFile } from '../durable-files.js';
import { unlessGone } from '../system-errors.js';
import { logNumberOf } from './file-names.js';

const CLOSED_NAME = 'closed.json';

/** How long LevelDB's logs were when the store was closed, by name. LevelDB never goes on with a log of an earlier open. */
export type ClosedLogs = ReadonlyMap<string, number>;

/**
 * Puts LevelDB's logs on disk, and then how long they are: from now on they can have no torn end, and one that shows is
 * damage. Nothing may be under way.
 */
export async function sealLogs(directory: string): Promise<void> {
  const logs: Record<string, number> = {};
  for (const name of await readdir(directory)) {
    if (logNumberOf(name) === undefined) continue;
    // LevelDB removes a log once what it held is on disk elsewhere.
    await syncFile(join(directory, name)).catch(unlessGone);
    const stats = await stat(join(directory, name)).catch(unlessGone);
    if (stats !== undefined) logs[name] = stats.size;
  }
  await syncDirectory(directory);
  await replaceFile(join(directory, CLOSED_NAME), new TextEncoder().encode(`${JSON.stringify({ logs })}\n`));
}

/** What {@link sealLogs} left; nothing where there is none, or it cannot be read: it only adds to what is known. */
export async function readClosedLogs(directory: string): Promise<ClosedLogs> {
  const text = await readFile(join(directory, CLOSED_NAME), 'utf8').catch(unlessGone);
  const logs = new Map<string, number>();
  if (text === undefined) return logs;
  try {
    const parsed = Object(JSON.parse(text)) as { logs?: unknown };
    for (const [name, bytes] of Object.entries(Object(parsed.logs) as object)) {
      if (typeof bytes === 'number') logs.set(name, bytes);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return logs;
}
