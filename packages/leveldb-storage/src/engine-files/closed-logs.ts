import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncDirectory, syncFile } from '../durable-files.js';
import { unlessGone } from '../system-errors.js';
import { logNumberOf } from './file-names.js';
import type { Finding } from './findings.js';

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

/** What {@link sealLogs} left, nothing where there is none; a finding where it is damaged, so that nothing can be told. */
export async function readClosedLogs(directory: string): Promise<ClosedLogs | Finding> {
  const text = await readFile(join(directory, CLOSED_NAME), 'utf8').catch(unlessGone);
  if (text === undefined) return new Map();
  return (
    parseClosedLogs(text) ?? {
      record: CLOSED_NAME,
      problem: 'it does not say how long the logs were',
      remedy: { kind: 'accept' },
    }
  );
}

function parseClosedLogs(text: string): ClosedLogs | undefined {
  try {
    const { logs } = Object(JSON.parse(text)) as { logs?: unknown };
    if (typeof logs !== 'object' || logs === null) return undefined;
    const lengths = Object.entries(logs);
    return lengths.every(isLength) ? new Map(lengths) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isLength(entry: [string, unknown]): entry is [string, number] {
  const [name, length] = entry;
  return logNumberOf(name) !== undefined && typeof length === 'number' && Number.isSafeInteger(length) && length >= 0;
}
