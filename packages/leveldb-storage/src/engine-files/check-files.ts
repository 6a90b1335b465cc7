import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findLogDamage } from './batch-logs.js';
import { isUnborn, logNumberOf, manifestNumberOf, tableNumberOf } from './file-names.js';
import type { Finding } from './findings.js';
import { readCurrent, readManifest, type DatabaseVersion, type Manifest } from './manifest.js';
import type { Mend } from './mends.js';
import type { TableFile } from './table-guard.js';

/** What a look at LevelDB's files found, before LevelDB sees them. */
export type FilesReport = {
  /** What LevelDB would lose in silence, or fail on. */
  readonly findings: readonly Finding[];
  /** What must be mended first, and can be without a loss. */
  readonly mend?: Mend | undefined;
  /** The tables that LevelDB will read. */
  readonly tables: readonly TableFile[];
};

const NOTHING: FilesReport = { findings: [], tables: [] };

const FIRST_MANIFEST = 'MANIFEST-000001';

/**
 * Checks what LevelDB 1.20 does not: its logs, and that the tables its manifest names are there in full (INV-3, INV-6).
 * Reads only.
 */
export async function checkFiles(directory: string): Promise<FilesReport> {
  const names = await readdir(directory);
  if (isUnborn(names)) return NOTHING;
  const current = await readCurrent(directory);
  if (typeof current !== 'string') return { ...NOTHING, findings: [current] };
  const named = await readManifest(directory, current);
  const manifest = named ?? (await newerManifest(directory, names, current));
  if (manifest?.version === undefined) {
    if (current === FIRST_MANIFEST && (await isBarren(directory, names)))
      return { ...NOTHING, mend: { kind: 'restart' } };
    return { ...NOTHING, findings: [manifest?.finding ?? missingManifest(current)] };
  }
  const { findings, tables } = await findTables(directory, names, manifest.version);
  findings.push(...(await findLogDamage(directory, names, manifest.version)));
  return { findings, tables, mend: mendOf(manifest, named === undefined) };
}

function missingManifest(record: string): Finding {
  return { record, problem: 'it is missing', remedy: { kind: 'rebuild' } };
}

function mendOf({ name, tornAt }: Manifest, moved: boolean): Mend | undefined {
  if (moved) return { kind: 'repoint', manifest: name };
  return tornAt === undefined ? undefined : { kind: 'cut', manifest: name, bytes: tornAt };
}

// The newest manifest that is whole, where the one that CURRENT names is gone.
async function newerManifest(directory: string, names: string[], current: string): Promise<Manifest | undefined> {
  const above = manifestNumberOf(current) ?? 0;
  const newer = names.filter(name => (manifestNumberOf(name) ?? 0) > above);
  newer.sort((a, b) => (manifestNumberOf(b) ?? 0) - (manifestNumberOf(a) ?? 0));
  for (const name of newer) {
    const manifest = await readManifest(directory, name);
    if (manifest?.version !== undefined && manifest.tornAt === undefined) return manifest;
  }
  return undefined;
}

// No table, and no log that holds anything: nothing was ever written.
async function isBarren(directory: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    if (tableNumberOf(name) !== undefined || (manifestNumberOf(name) ?? 1) > 1) return false;
    if (logNumberOf(name) !== undefined && (await stat(join(directory, name))).size > 0) return false;
  }
  return true;
}

async function findTables(
  directory: string,
  names: readonly string[],
  version: DatabaseVersion,
): Promise<{ findings: Finding[]; tables: TableFile[] }> {
  const files = new Map<number, string>();
  for (const name of names) {
    const number = tableNumberOf(name);
    if (number !== undefined) files.set(number, name);
  }
  const findings: Finding[] = [];
  const tables: TableFile[] = [];
  for (const table of version.tables.values()) {
    const { level, number, bytes } = table;
    const name = files.get(number);
    const size = name === undefined ? undefined : (await stat(join(directory, name))).size;
    if (name !== undefined && size === bytes) {
      tables.push({ ...table, name });
      continue;
    }
    const problem = size === undefined ? 'it is missing' : `it has ${size} bytes instead of ${bytes}`;
    findings.push({ record: name ?? `table ${number}`, problem, remedy: { kind: 'drop-table', level, number, name } });
  }
  return { findings, tables };
}
