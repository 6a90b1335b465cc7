import { mkdirSync } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { DriverWrite, RecordKey } from '@blockstrata/db-p2p/storage';
import { GatheringWriter } from '../stores/gathering-writer.js';
import { pathOf } from '../stores/obvious-files.js';
import { requireSame, type CommitTarget } from '../stores/commit-target.js';
import { runInFlight } from '../workload/run-in-flight.js';
import type { OpenRecord } from './frame.js';
import { BARE } from './level.js';

const CHECKPOINT_PARALLELISM = 3;

/**
 * What the file format costs by itself: records sealed as JSON, gathered into one journal record and one fdatasync for
 * all that wait; at close each record that is left goes to a file of its own by sync and rename, the log to one file, and
 * every directory is synced. No latches, no validation, no lock, no overlay for readers, no recovery.
 */
export function bareFiles(): CommitTarget {
  return {
    name: BARE,
    async open(directory, { recordedBefore, recorded }) {
      mkdirSync(directory, { recursive: true });
      const journal = await open(join(directory, 'journal'), 'a');
      const latest = new Map<string, DriverWrite>();
      const writer = new GatheringWriter<DriverWrite>(writes => append(journal, writes));
      const write = async (records: readonly OpenRecord[]) => {
        const sealed = records.map(({ key, record }) => ({ key, value: record && sealJson(key, record) }));
        await writer.submit(sealed);
        for (const step of sealed) latest.set(step.key.encoded, step);
      };
      for (const { pend, commit } of recordedBefore) await write(openJson([...pend, ...commit]));
      await checkpoint(directory, latest);
      const transactions = recorded.map(({ pend, commit }) => ({ pend: openJson(pend), commit: openJson(commit) }));
      return {
        async run(index) {
          const { pend, commit } = transactions[index] ?? { pend: [], commit: [] };
          await write(pend);
          await write(commit);
        },
        async close() {
          if (latest.size > 0) {
            await checkpoint(directory, latest);
            await journal.truncate(0);
            await journal.sync();
          }
          await journal.close();
        },
        async reopen() {
          const left = await open(join(directory, 'journal'), 'r');
          requireSame('the length of the journal', (await left.stat()).size, 0);
          await left.close();
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

async function append(journal: FileHandle, writes: readonly DriverWrite[]): Promise<void> {
  const parts = writes.flatMap(({ key, value }) => [Buffer.from(key.encoded), value ?? new Uint8Array()]);
  const payload = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  await journal.writev([head, payload]);
  await journal.datasync();
}

async function checkpoint(root: string, latest: Map<string, DriverWrite>): Promise<void> {
  const left = [...latest.values()];
  const directories = new Set<string>([root]);
  const log = await open(join(root, 'log'), 'a');
  for (const { key, value } of left) if (key.kind === 'log' && value !== undefined) await log.write(value);
  await log.datasync();
  await log.close();
  const files = left.filter(({ key }) => key.kind !== 'log');
  await runInFlight(files.length, CHECKPOINT_PARALLELISM, async index => {
    const { key, value } = files[index] ?? {};
    if (key === undefined) return;
    const path = join(root, ...pathOf(key));
    if (value === undefined) return rm(path, { force: true });
    await mkdir(dirname(path), { recursive: true });
    directories.add(dirname(path)).add(dirname(dirname(path)));
    await place(path, value);
  });
  const changed = [...directories];
  await runInFlight(changed.length, CHECKPOINT_PARALLELISM, async index => sync(changed[index] ?? root));
  latest.clear();
}

async function place(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.tmp`, 'w');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(`${path}.tmp`, path);
}

async function sync(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync();
  await directory.close();
}
