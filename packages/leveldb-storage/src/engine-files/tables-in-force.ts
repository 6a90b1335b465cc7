import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessGone } from '../system-errors.js';
import { logName, logNumberOf, tableName } from './file-names.js';
import type { TableFile } from './level-tables.js';
import { readCurrent, readManifest } from './manifest.js';

/** What an open database has in tables at some moment. LevelDB may make other tables of them at once. */
export type TablesInForce = {
  /** They hold all that was written before the log of number `unflushedFrom` was begun. */
  readonly tables: readonly TableFile[];
  readonly unflushedFrom: number;
  /** The number of the newest log when this was asked for. */
  readonly newestLog: number;
  /** No log holds anything that is in no table. */
  readonly logsAreEmpty: boolean;
};

/** Reads the manifest beside an open LevelDB, which only ever appends to it; `undefined`: it cannot be made out. */
export async function readTablesInForce(directory: string): Promise<TablesInForce | undefined> {
  const logs = (await readdir(directory)).flatMap(name => logNumberOf(name) ?? []);
  const current = await readCurrent(directory);
  // A record that LevelDB is just writing looks torn: what stands before it is in force.
  const version = typeof current === 'string' ? (await readManifest(directory, current))?.version : undefined;
  if (version === undefined || logs.length === 0) return undefined;
  const unflushed = logs.filter(number => number >= version.logNumber);
  const sizes = await Promise.all(unflushed.map(number => sizeOf(join(directory, logName(number)))));
  return {
    tables: [...version.tables.values()].map(table => ({ ...table, name: tableName(table.number) })),
    unflushedFrom: version.logNumber,
    newestLog: Math.max(...logs),
    logsAreEmpty: sizes.every(size => size === 0),
  };
}

// LevelDB removes a log once a table holds all of it.
async function sizeOf(log: string): Promise<number> {
  return (await stat(log).catch(unlessGone))?.size ?? 0;
}
