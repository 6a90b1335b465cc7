import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessGone } from '../system-errors.js';
import { logNumberOf, tableName } from './file-names.js';
import type { TableFile } from './level-tables.js';
import { readCurrent, readManifest } from './manifest.js';

/** What an open database has in tables at some moment. LevelDB may make other tables of them at once. */
export type TablesInForce = {
  /** They hold all that was written before the log of number `unflushedFrom` was begun. */
  readonly tables: readonly TableFile[];
  readonly unflushedFrom: number;
  /** The number of the newest log when this was asked for. */
  readonly newestLog: number;
};

/** Reads the manifest beside an open LevelDB, which only ever appends to it; `undefined`: it cannot be made out. */
export async function readTablesInForce(directory: string): Promise<TablesInForce | undefined> {
  const logs = (await readdir(directory)).flatMap(name => logNumberOf(name) ?? []);
  const current = await readCurrent(directory);
  // A record that LevelDB is just writing looks torn: what stands before it is in force.
  const version = typeof current === 'string' ? (await readManifest(directory, current))?.version : undefined;
  if (version === undefined || logs.length === 0) return undefined;
  return {
    tables: [...version.tables.values()].map(table => ({ ...table, name: tableName(table.number) })),
    unflushedFrom: version.logNumber,
    newestLog: Math.max(...logs),
  };
}

/** Whether no log holds anything that is not in `tables`. */
export async function logsAreEmpty(directory: string, { unflushedFrom }: TablesInForce): Promise<boolean> {
  for (const name of await readdir(directory)) {
    const number = logNumberOf(name);
    if (number === undefined || number < unflushedFrom) continue;
    // LevelDB removes a log once a table holds all of it.
    const stats = await stat(join(directory, name)).catch(unlessGone);
    if (stats !== undefined && stats.size > 0) return false;
  }
  return true;
}
