import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessFacts, ProcessIdentity } from './process-facts.js';

/** Where the state and the start time stand in `/proc/{pid}/stat`, counted behind the name in parentheses. */
const STAT_STATE = 0;
const STAT_START = 19;
const COMMAND_TIMEOUT_MS = 5_000;

let self: ProcessIdentity | undefined;

/** The facts of this machine: from /proc on Linux, from `sysctl` and `ps` where there is none. */
export const nodeProcessFacts: ProcessFacts = {
  get self() {
    return (self ??= identify());
  },
  look(pid) {
    const found = lookInProc(pid);
    if (found !== undefined) return found;
    return isTaken(pid) ? { running: true, ...present('start', startByCommand(pid)) } : { running: false };
  },
};

function identify(): ProcessIdentity {
  const machine = text('/etc/machine-id') ?? text('/var/lib/dbus/machine-id');
  return {
    host: machine === undefined ? hostname() : `${hostname()} ${machine}`,
    ...present('boot', text('/proc/sys/kernel/random/boot_id') ?? bootByCommand()),
    ...present('namespace', link('/proc/self/ns/pid')),
    pid: process.pid,
    ...present('start', lookInProc(process.pid)?.start ?? startByCommand(process.pid)),
  };
}

function lookInProc(pid: number): { running: boolean; start?: string } | undefined {
  const stat = text(`/proc/${pid}/stat`);
  // Behind a hidepid mount only a signal tells whether the pid is taken.
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const start = fields[STAT_START];
  // A zombie runs no more code.
  const running = !/^[ZXx]$/.test(fields[STAT_STATE] ?? '');
  return { running, ...present('start', start) };
}

function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function startByCommand(pid: number): string | undefined {
  return process.platform === 'win32' ? undefined : output('ps', ['-o', 'lstart=', '-p', String(pid)]);
}

function bootByCommand(): string | undefined {
  return process.platform === 'darwin' ? output('sysctl', ['-n', 'kern.bootsessionuuid']) : undefined;
}

function output(command: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: COMMAND_TIMEOUT_MS,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function present<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}
