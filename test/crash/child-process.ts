import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { parseMessages, type ChildTask, type Message } from './messages.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** Bundles a program of this folder from source, so that it starts fast. Its native packages are found from there. */
export async function bundle(entry: string): Promise<string> {
  const directory = join(ROOT, 'node_modules', '.cache', 'blockstrata-tests');
  await mkdir(directory, { recursive: true });
  const outfile = join(directory, `${basename(entry)}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `${entry}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@blockstrata/source', 'node'],
    external: ['classic-level', 'cbor-x', 'crc-32', 'crc-32/*', 'lru-cache', 'async-mutex', '@noble/hashes'],
    logLevel: 'error',
  });
  return outfile;
}

/** When a child is to be killed, counted from a message of it. */
export type KillPlan = { readonly after: Message[0]; readonly delayMs: number };

/** How a child ended. */
export type ChildEnd = { readonly messages: readonly Message[]; readonly killed: boolean; readonly stderr: string };

const CHILD_LIFE_MS_MAX = 20_000;

/** Runs a child until it is killed with SIGKILL, and gives what it told before. */
export async function runUntilKilled(program: string, task: ChildTask, plan: KillPlan): Promise<ChildEnd> {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  let stderr = '';
  let planned = false;
  const deadline = setTimeout(() => child.kill('SIGKILL'), CHILD_LIFE_MS_MAX);
  child.stderr.on('data', chunk => (stderr += String(chunk)));
  child.stdout.on('data', chunk => {
    told += String(chunk);
    if (planned || !told.includes(`["${plan.after}"`)) return;
    planned = true;
    setTimeout(() => child.kill('SIGKILL'), plan.delayMs);
  });
  const killed = await new Promise<boolean>(resolve => child.on('close', (_, signal) => resolve(signal === 'SIGKILL')));
  clearTimeout(deadline);
  return { messages: parseMessages(told), killed: killed && planned, stderr };
}
