import { appendFile, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, makeDirectory, replaceFile, syncDirectory, syncFile } from '../durable-files.js';
import { readBatches } from './batch-logs.js';
import { tableNumberOf } from './file-names.js';
import { placeIn, type Finding, type Remedy } from './findings.js';
import { readCurrent } from './manifest.js';
import { encodeRecord } from './record-writer.js';
import { tableInMemory } from './table-blocks.js';
import { checkTable } from './table-check.js';
import { encodeTableRemoval } from './version-edit.js';

const LOST_NAME = 'lost';

/**
 * Gives up what is damaged, and no more; only for who has made sure that nobody else has the store. Durable when it
 * resolves; the damaged files are kept in a directory beside. Interrupted, it can be repeated (INV-9).
 *
 * @returns whether LevelDB must rebuild its manifest, and what else was given up so that it can.
 */
export async function salvage(
  directory: string,
  findings: readonly Finding[],
): Promise<{ rebuild: boolean; further: Finding[] }> {
  for (const { remedy } of findings) await applyRemedy(directory, remedy);
  const rebuild = findings.some(({ remedy }) => remedy.kind === 'rebuild');
  return { rebuild, further: rebuild ? await setAsideDamagedTables(directory) : [] };
}

// LevelDB's repair checks no table that it takes up, and ends the process over some kinds of damage.
async function setAsideDamagedTables(directory: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of await readdir(directory)) {
    if (tableNumberOf(name) === undefined) continue;
    const [damage] = checkTable(tableInMemory(await readFile(join(directory, name))), undefined);
    if (damage === undefined) continue;
    await setAside(directory, name);
    findings.push({ record: placeIn(name, damage.offset), problem: damage.problem, remedy: { kind: 'accept' } });
  }
  return findings;
}

async function applyRemedy(directory: string, remedy: Remedy): Promise<void> {
  switch (remedy.kind) {
    case 'rewrite-log':
      return rewriteLog(directory, remedy.name);
    case 'drop-table':
      await removeFromManifest(directory, remedy.level, remedy.number);
      if (remedy.name !== undefined) await setAside(directory, remedy.name);
      return;
    case 'rebuild':
    case 'accept':
  }
}

async function rewriteLog(directory: string, name: string): Promise<void> {
  const path = join(directory, name);
  const damaged = await readFile(path);
  await makeDirectory(join(directory, LOST_NAME));
  await createFile(join(directory, LOST_NAME, name), damaged);
  const records: Uint8Array[] = [];
  let bytes = 0;
  for (const { batch } of readBatches(damaged)) {
    if (batch === undefined) continue;
    const record = encodeRecord(batch.payload, bytes);
    records.push(record);
    bytes += record.length;
  }
  await replaceFile(path, Buffer.concat(records));
}

async function removeFromManifest(directory: string, level: number, number: number): Promise<void> {
  const current = await readCurrent(directory);
  if (typeof current !== 'string') return;
  const path = join(directory, current);
  const { size } = await stat(path);
  await appendFile(path, encodeRecord(encodeTableRemoval(level, number), size));
  await syncFile(path);
}

async function setAside(directory: string, name: string): Promise<void> {
  const lost = join(directory, LOST_NAME);
  await makeDirectory(lost);
  await rename(join(directory, name), join(lost, name));
  await syncDirectory(lost);
  await syncDirectory(directory);
}
