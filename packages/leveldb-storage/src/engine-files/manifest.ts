import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessGone } from '../system-errors.js';
import { CURRENT_NAME, manifestNumberOf } from './file-names.js';
import { placeIn, type Finding } from './findings.js';
import { readRecords } from './records.js';
import { decodeVersionEdit, type TableEntry, type VersionEdit } from './version-edit.js';

/** The version of the database that a manifest describes. */
export type DatabaseVersion = {
  /** Logs from this number on hold what is in no table yet. */
  readonly logNumber: number;
  readonly lastSequence: number;
  readonly tables: ReadonlyMap<number, TableEntry>;
};

/** A manifest as it was read. */
export type Manifest = {
  readonly name: string;
  /** `undefined`: it cannot be used, for what `finding` says. */
  readonly version: DatabaseVersion | undefined;
  /** The version before its last record, which begins at `bytes`. */
  readonly previous: { readonly version: DatabaseVersion; readonly bytes: number } | undefined;
  readonly finding: Finding | undefined;
  /** Where a tail begins that was torn before LevelDB could act on it. */
  readonly tornAt: number | undefined;
};

/** The name of the manifest in force, or what is wrong with CURRENT. */
export async function readCurrent(directory: string): Promise<string | Finding> {
  const current = await readFile(join(directory, CURRENT_NAME), 'latin1').catch(unlessGone);
  if (current === undefined) return unusable(CURRENT_NAME, 'it is missing');
  const name = current.endsWith('\n') ? current.slice(0, -1) : '';
  return manifestNumberOf(name) === undefined ? unusable(CURRENT_NAME, 'it names no manifest') : name;
}

/** Reads a manifest; `undefined`: there is none of that name. */
export async function readManifest(directory: string, name: string): Promise<Manifest | undefined> {
  const bytes = await readFile(join(directory, name)).catch(unlessGone);
  return bytes === undefined ? undefined : parseManifest(name, bytes);
}

function parseManifest(name: string, bytes: Uint8Array): Manifest {
  const state: MutableVersion = { logNumber: undefined, lastSequence: undefined, tables: new Map() };
  let last: { edit: VersionEdit; offset: number } | undefined;
  let tornAt: number | undefined;
  for (const item of readRecords(bytes)) {
    const edit = item.kind === 'record' ? decodeVersionEdit(item.payload) : undefined;
    if (edit === undefined) {
      tornAt ??= item.offset;
    } else if (tornAt !== undefined) {
      const finding = unusable(placeIn(name, tornAt), 'a record is damaged, and another follows it');
      return { name, version: undefined, previous: undefined, finding, tornAt: undefined };
    } else {
      if (last !== undefined) apply(state, last.edit);
      last = { edit, offset: item.offset };
    }
  }
  const before = versionOf(state);
  if (last !== undefined) apply(state, last.edit);
  const version = versionOf(state);
  const finding = version === undefined ? unusable(name, 'it does not say where the database stands') : undefined;
  return { name, version, previous: last && before && { version: before, bytes: last.offset }, finding, tornAt };
}

type MutableVersion = {
  logNumber: number | undefined;
  lastSequence: number | undefined;
  tables: Map<number, TableEntry>;
};

function apply(version: MutableVersion, edit: VersionEdit): void {
  version.logNumber = edit.logNumber ?? version.logNumber;
  version.lastSequence = edit.lastSequence ?? version.lastSequence;
  for (const { number } of edit.removed) version.tables.delete(number);
  for (const table of edit.added) version.tables.set(table.number, table);
}

function versionOf({ logNumber, lastSequence, tables }: MutableVersion): DatabaseVersion | undefined {
  if (logNumber === undefined || lastSequence === undefined) return undefined;
  return { logNumber, lastSequence, tables: new Map(tables) };
}

function unusable(record: string, problem: string): Finding {
  return { record, problem, remedy: { kind: 'rebuild' } };
}
