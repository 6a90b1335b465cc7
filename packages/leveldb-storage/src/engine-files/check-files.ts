import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findLogDamage } from './batch-logs.js';
import { CURRENT_NAME, logNumberOf, manifestNumberOf, tableNumberOf } from './file-names.js';
import type { Finding } from './findings.js';
import type { TableFile } from './level-tables.js';
import { readCurrent, readManifest, type DatabaseVersion, type Manifest } from './manifest.js';
import type { Mend } from './mends.js';

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
  if (!names.includes(CURRENT_NAME) && (await isBarren(directory, names))) return NOTHING;
  const current = await readCurrent(directory);
  if (typeof current !== 'string') return { ...NOTHING, findings: [current] };
  const newer = await reportOnNewer(directory, names, current);
  if (newer !== undefined) return newer;
  const manifest = await readManifest(directory, current);
  const report = await reportOn(directory, names, manifest);
  if (report?.findings.length === 0) return report;
  const mendable = await reportBeforeLast(directory, names, manifest);
  if (mendable !== undefined) return mendable;
  if (report !== undefined) return report;
  if (current === FIRST_MANIFEST && (await isBarren(directory, names)))
    return { ...NOTHING, mend: { kind: 'restart' } };
  return { ...NOTHING, findings: [manifest?.finding ?? missingManifest(current)] };
}

/** What a manifest makes of the files; `undefined` where it cannot be used. */
async function reportOn(
  directory: string,
  names: readonly string[],
  manifest: Manifest | undefined,
): Promise<FilesReport | undefined> {
  if (manifest?.version === undefined) return undefined;
  const { name, tornAt, version } = manifest;
  const mend = tornAt === undefined ? undefined : ({ kind: 'cut', manifest: name, bytes: tornAt } as const);
  return { ...(await lookThrough(directory, names, version)), mend };
}

// The last record of a manifest says which files replace which, and those are removed once it is on disk. If they are all
// still there, nothing was lost with what the record names.
async function reportBeforeLast(
  directory: string,
  names: readonly string[],
  manifest: Manifest | undefined,
): Promise<FilesReport | undefined> {
  if (manifest?.previous === undefined) return undefined;
  const { version, bytes } = manifest.previous;
  const found = await lookThrough(directory, names, version);
  return found.findings.length > 0 ? undefined : { ...found, mend: { kind: 'cut', manifest: manifest.name, bytes } };
}

async function lookThrough(
  directory: string,
  names: readonly string[],
  version: DatabaseVersion,
): Promise<{ findings: Finding[]; tables: TableFile[] }> {
  const { findings, tables } = await findTables(directory, names, version);
  findings.push(...(await findLogDamage(directory, names, version)));
  return { findings, tables };
}

// LevelDB begins a manifest at each open, removes what the last one alone names, and leaves the rename of CURRENT to the
// file system: so a manifest above the one that CURRENT names is the newer state, if it is whole and all it names is there.
// The old one can look sound and not be: it names the first of its logs, and a later one may be gone.
async function reportOnNewer(
  directory: string,
  names: readonly string[],
  current: string,
): Promise<FilesReport | undefined> {
  const above = manifestNumberOf(current) ?? 0;
  const newer = names.filter(name => (manifestNumberOf(name) ?? 0) > above);
  newer.sort((a, b) => (manifestNumberOf(b) ?? 0) - (manifestNumberOf(a) ?? 0));
  for (const name of newer) {
    const manifest = await readManifest(directory, name);
    if (manifest?.tornAt !== undefined) continue;
    const report = await reportOn(directory, names, manifest);
    if (report?.findings.length === 0) return { ...report, mend: { kind: 'repoint', manifest: name } };
  }
  return undefined;
}

function missingManifest(record: string): Finding {
  return { record, problem: 'it is missing', remedy: { kind: 'rebuild' } };
}

// No table, none in any manifest, and no log that holds anything: nothing was ever written. So much, in any combination,
// can be left of a first opening that was cut off.
async function isBarren(directory: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    if (tableNumberOf(name) !== undefined) return false;
    if (logNumberOf(name) !== undefined && (await stat(join(directory, name))).size > 0) return false;
    const manifest = manifestNumberOf(name) === undefined ? undefined : await readManifest(directory, name);
    if (manifest?.version !== undefined && manifest.version.tables.size > 0) return false;
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
  const entries = [...version.tables.values()].map(table => ({ table, name: files.get(table.number) }));
  // All at once: a large store has thousands.
  const sizes = await Promise.all(
    entries.map(async ({ name }) => (name === undefined ? undefined : (await stat(join(directory, name))).size)),
  );
  const findings: Finding[] = [];
  const tables: TableFile[] = [];
  for (const [i, { table, name }] of entries.entries()) {
    const { level, number, bytes } = table;
    const size = sizes[i];
    if (name !== undefined && size === bytes) {
      tables.push({ ...table, name });
      continue;
    }
    const problem = size === undefined ? 'it is missing' : `it has ${size} bytes instead of ${bytes}`;
    findings.push({ record: name ?? `table ${number}`, problem, remedy: { kind: 'drop-table', level, number, name } });
  }
  return { findings, tables };
}
