import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_NAME: 'C',
  GIT_COMMITTER_EMAIL: 'c@example.com',
  GIT_COMMITTER_DATE: '1700000000 +0000',
};

/** Runs git, shielded from the machine's configuration, and gives what it printed. */
export function git(directory: string, args: readonly string[], input?: Buffer | string): Buffer {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: directory,
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
    ...(input === undefined ? {} : { input }),
  });
}

/** A folder of its own; `remove` takes it away. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `blockstrata-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A new repository with nothing in it. */
export function initRepository(path: string, ...options: string[]): string {
  git('/', ['init', '-q', '-b', 'main', ...options, path]);
  return path;
}
