import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplaySummary } from '../../src/replay/summary.js';
import { git, temporaryFolder } from '../support/git-fixture.js';
import { makeHostileRepository } from '../support/hostile-history.js';
import { runCommand, runJson } from '../support/run-command.js';

const SEED = Number(process.env.BLOCKSTRATA_SEED ?? 20261121);
const COMMITS = 520;
const TIMEOUT_MS = 240_000;

const folder = temporaryFolder('hostile');
const repository = join(folder.path, 'repository');

beforeAll(() => {
  makeHostileRepository({ path: repository, seed: SEED, commits: COMMITS });
}, TIMEOUT_MS);

afterAll(() => folder.remove());

describe(`a history of ${COMMITS} commits with all that is odd (BLOCKSTRATA_SEED=${SEED} repeats it)`, () => {
  it.each(['leveldb', 'file', 'memory'])(
    'comes out again byte for byte, at every commit, on %s',
    async backend => {
      const store = join(folder.path, backend);
      const json = join(folder.path, `${backend}.json`);
      const { exitCode, text, stderr } = await runCommand([
        ...['replay', repository, '--store', store, '--backend', backend],
        ...['--verify', 'all', '--json', json],
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const summary = JSON.parse(readFileSync(json, 'utf8')) as ReplaySummary;
      expect(summary.commits).toBe(COMMITS);
      expect(summary.commitsWithoutChanges).toBeGreaterThan(10);
      expect(summary.verification?.pairs).toBe(countPairsByTrees());
      expect(text.trimEnd().split('\n').at(-1)).toBe(
        `verified ${summary.verification?.pairs} of ${summary.verification?.pairs}`,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'shows every file of a commit as git does, odd names included',
    async () => {
      const store = join(folder.path, 'leveldb');
      const commits = mainLine();
      const rev = 300;
      for (const line of git(repository, ['ls-tree', '-r', commits[rev - 1] ?? ''])
        .toString('latin1')
        .split('\n')) {
        const [, mode, objectId = '', path = ''] = /^(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [];
        if (mode === undefined) continue;
        // git quotes names as `show` takes them; those that it leaves alone are plain ASCII.
        const { exitCode, stdout, stderr } = await runCommand(['show', path, '--rev', String(rev), '--store', store]);
        expect({ path, exitCode, stderr }).toEqual({ path, exitCode: 0, stderr: '' });
        const expected = mode === '160000' ? Buffer.from(objectId) : git(repository, ['cat-file', 'blob', objectId]);
        expect(stdout.equals(expected), path).toBe(true);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'is as sound to verify as to replay',
    async () => {
      const report = await runJson<{ violationsTotal: number; logEntries: number }>(
        'verify',
        '--store',
        join(folder.path, 'file'),
      );
      expect(report).toMatchObject({ violationsTotal: 0 });
      expect(report.logEntries).toBeGreaterThan(400);
    },
    TIMEOUT_MS,
  );

  it(
    'comes out of a repository with SHA-256 names, too',
    async () => {
      const path = join(folder.path, 'sha256');
      makeHostileRepository({ path, seed: SEED + 1, commits: 80, objectFormat: 'sha256' });
      const { exitCode, text, stderr } = await runCommand([
        'replay',
        path,
        '--store',
        join(folder.path, 's256'),
        '--verify',
        'all',
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(text).toMatch(/^verified ([1-9]\d*) of \1$/m);
    },
    TIMEOUT_MS,
  );
});

function mainLine(): string[] {
  return git(repository, ['rev-list', '--first-parent', '--reverse', 'HEAD']).toString().trim().split('\n');
}

/** Counted from git's trees, by other means than the command's own. */
function countPairsByTrees(): number {
  let pairs = 0;
  let before = new Set<string>();
  for (const commit of mainLine()) {
    const paths = new Set(
      git(repository, ['ls-tree', '-r', '-z', '--name-only', commit]).toString('latin1').split('\0').filter(Boolean),
    );
    pairs += paths.size + [...before].filter(path => !paths.has(path)).length;
    before = paths;
  }
  return pairs;
}
