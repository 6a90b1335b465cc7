import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Durability } from '@blockstrata/db-p2p/storage';
import type { DiskState } from '../simulation/simulated-disk/disk-state.js';
import type { ChildTask } from './messages.js';
import { storeOf } from './stores.js';
import { STRACE_OPTIONS } from './system-calls.js';
import { traceOf, type Trace } from './traced-disk.js';

const run = promisify(execFile);

/** A run of the traced child: what it did to the disk, and its commits in the order of the log. */
export type TracedRun = { readonly trace: Trace; readonly order: readonly string[]; readonly durability: Durability };

/** Whether strace is here and may trace. */
export async function canTrace(): Promise<boolean> {
  try {
    await run('strace', [...STRACE_OPTIONS, '-o', '/dev/null', 'true']);
    return true;
  } catch {
    return false;
  }
}

/** Runs the traced child on a LevelDB store in `root/store`. */
export async function tracedRun(
  root: string,
  program: string,
  settings: Pick<ChildTask, 'durability' | 'seed' | 'bug'>,
): Promise<TracedRun> {
  const trace = traceOf(await straced(root, program, settings), root);
  const order: string[] = [];
  await using storage = storeOf('leveldb', join(root, 'store'), 'relaxed');
  for await (const { trxId } of storage.readLog()) order.push(trxId);
  return { trace, order, durability: settings.durability };
}

/** Opens the LevelDB store in `root/store`, where everything is as `initial` says, and gives what that did to the disk. */
export async function tracedRecovery(root: string, program: string, initial: DiskState): Promise<Trace> {
  return traceOf(await straced(root, program, { durability: 'strict', seed: 0 }), root, initial);
}

async function straced(
  root: string,
  program: string,
  settings: Pick<ChildTask, 'durability' | 'seed' | 'bug'>,
): Promise<string> {
  const task: ChildTask = { ...settings, backend: 'leveldb', directory: join(root, 'store'), round: 0, revTaken: 0 };
  const output = join(root, 'strace.txt');
  const command = [...STRACE_OPTIONS, '-o', output, process.execPath, program, JSON.stringify(task)];
  // Calls that go through a ring of the kernel would not be seen.
  await run('strace', command, { env: { ...process.env, UV_USE_IO_URING: '0' }, maxBuffer: 2 ** 28 });
  const text = await readFile(output, 'latin1');
  await rm(output);
  return text;
}
