import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import type { DriverWrite, RecordKey } from '@blockstrata/db-p2p/storage';
import { GatheringWriter } from '../stores/gathering-writer.js';
import { pathOf } from '../stores/obvious-files.js';
import { requireSame, type CommitTarget } from '../stores/commit-target.js';
import { runInFlight } from '../workload/run-in-flight.js';
import type { OpenRecord } from './frame.js';
import { BARE } from './level.js';

// Twice the threads of libuv's pool, so that none of them waits for JavaScript.
const CHECKPOINT_PARALLELISM = 8;

// The callback API costs less than half of a FileHandle.
const close = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);
const ftruncate = promisify(fs.ftruncate);
const mkdir = promisify(fs.mkdir);
const open = promisify(fs.open);
const rename = promisify(fs.rename);
const write = promisify(fs.write);

/**
 * What the file format costs by itself: records sealed as JSON, gathered into one journal record and one fdatasync for
 * all that wait; at close each record that is left goes to a file of its own by sync and rename, the log to one file, and
 * every directory is synced. No latches, no validation, no lock, no overlay for readers, no recovery.
 */
export function bareFiles(): CommitTarget {
  return {
    name: BARE,
    async open(directory, { recordedBefore, recorded }) {
      fs.mkdirSync(directory, { recursive: true });
      let journal = await open(`${directory}/journal`, 'a');
      const latest = new Map<string, DriverWrite>();
      const writer = new GatheringWriter<DriverWrite>(writes => append(journal, writes));
      const submit = async (records: readonly OpenRecord[]) => {
        const sealed = records.map(({ key, record }) => ({ key, value: record && sealJson(key, record) }));
        await writer.submit(sealed);
        for (const step of sealed) latest.set(step.key.encoded, step);
      };
      for (const { pend, commit } of recordedBefore) await submit(openJson([...pend, ...commit]));
      await checkpoint(directory, latest);
      const transactions = recorded.map(({ pend, commit }) => ({ pend: openJson(pend), commit: openJson(commit) }));
      return {
        async run(index) {
          const { pend, commit } = transactions[index] ?? { pend: [], commit: [] };
          await submit(pend);
          await submit(commit);
        },
        async close() {
          if (latest.size > 0) {
            await checkpoint(directory, latest);
            await ftruncate(journal, 0);
            await fsync(journal);
          }
          await close(journal);
        },
        async reopen() {
          journal = await open(`${directory}/journal`, 'a');
          requireSame('the length of the journal', fs.fstatSync(journal).size, 0);
        },
      };
    },
  };
}

function openJson(writes: readonly DriverWrite[]): OpenRecord[] {
  return writes.map(({ key, value }) => {
    if (value === undefined) return { key, record: undefined };
    const { value: record } = JSON.parse(Buffer.from(value).toString()) as { value: object };
    return { key, record };
  });
}

/** As much text, and as much work, as in docs/storage-format.md. */
function sealJson(key: RecordKey, record: object): Uint8Array {
  const { encoded, ...fields } = key;
  const text = JSON.stringify(record);
  const crc = crc32(text, crc32(encoded)).toString(16).padStart(8, '0');
  return Buffer.from(`{"key":${JSON.stringify(fields)},"crc32":"${crc}","value":${text}}`);
}

async function append(journal: number, writes: readonly DriverWrite[]): Promise<void> {
  const parts = writes.flatMap(({ key, value }) => [Buffer.from(key.encoded), value ?? new Uint8Array()]);
  const payload = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  await write(journal, Buffer.concat([head, payload]));
  await fdatasync(journal);
}

async function checkpoint(root: string, latest: Map<string, DriverWrite>): Promise<void> {
  const blocks = new Map<string, DriverWrite[]>();
  const log: Uint8Array[] = [];
  for (const step of latest.values()) {
    if (step.key.kind !== 'log') blocks.set(step.key.blockId, [...(blocks.get(step.key.blockId) ?? []), step]);
    else if (step.value !== undefined) log.push(step.value);
  }
  const logFile = await open(`${root}/log`, 'a');
  await write(logFile, Buffer.concat(log));
  await fdatasync(logFile);
  await close(logFile);
  const changed = new Set<string>([root]);
  const left = [...blocks.values()];
  await runInFlight(left.length, CHECKPOINT_PARALLELISM, async index => {
    for (const step of left[index] ?? []) await bring(root, step, changed);
  });
  const directories = [...changed];
  await runInFlight(directories.length, CHECKPOINT_PARALLELISM, index => syncDirectory(directories[index] ?? root));
  latest.clear();
}

/** Makes one record a file; what was put and deleted since the last checkpoint never was one. */
async function bring(root: string, { key, value }: DriverWrite, changed: Set<string>): Promise<void> {
  if (value === undefined) return;
  const [block, kind, name] = pathOf(key);
  const home = `${root}/${block}`;
  const directory = kind === '' ? home : `${home}/${kind}`;
  for (const path of [home, directory]) {
    if (changed.has(path)) continue;
    if (!fs.existsSync(path)) await mkdir(path);
    changed.add(path);
  }
  await place(`${directory}/${name}`, value);
}

async function place(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.tmp`, 'w');
  await write(file, bytes);
  await fdatasync(file);
  await close(file);
  await rename(`${path}.tmp`, path);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await fsync(directory);
  await close(directory);
}
