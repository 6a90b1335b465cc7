import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { spreadOf } from './statistics.js';

/** Where and when something was measured. */
export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly scratch: string;
  /** The median time of a 4 KiB append and its fsync where the stores lie. */
  readonly fsyncMs: number;
  /** What else the machine was doing when this began. */
  readonly loadAverage: number;
};

const FSYNC_PROBES = 31;

/** Looks at the machine. */
export function lookAtMachine(scratch: string): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    scratch: `${scratch} (${fileSystemOf(scratch)})`,
    fsyncMs: fsyncMs(scratch),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** The commit that is checked out, with a mark where the tree differs from it. */
export function checkedOutCommit(directory: string): string {
  try {
    return git(directory, 'describe', '--always', '--dirty', '--abbrev=12').trim();
  } catch {
    return 'unknown: this is no git checkout';
  }
}

/** Where stores are made: `BLOCKSTRATA_BENCH_DIR`, or the system's directory for temporary files. */
export function scratchRoot(): string {
  return process.env['BLOCKSTRATA_BENCH_DIR'] ?? tmpdir();
}

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function fsyncMs(directory: string): number {
  const path = join(directory, `blockstrata-fsync-${process.pid}`);
  const file = openSync(path, 'w');
  try {
    const bytes = new Uint8Array(4096);
    const times = Array.from({ length: FSYNC_PROBES }, () => {
      const begun = performance.now();
      writeSync(file, bytes);
      fsyncSync(file);
      return performance.now() - begun;
    });
    return Math.round(spreadOf(times).median * 1000) / 1000;
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** From the longest mount point above the directory. */
function fileSystemOf(directory: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map(line => line.split(' '))
      .filter(
        ([, point = '']) => directory === point || directory.startsWith(point.endsWith('/') ? point : `${point}/`),
      )
      .sort(([, a = ''], [, b = '']) => b.length - a.length);
    return mounts[0]?.[2] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
