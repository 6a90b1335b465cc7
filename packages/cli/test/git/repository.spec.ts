import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readChanges } from '../../src/git/changes.js';
import { readHistory } from '../../src/git/history.js';
import { gitObjectBytes } from '../../src/git/packed-size.js';
import { openRepository } from '../../src/git/repository.js';
import { git, initRepository, temporaryFolder } from '../support/git-fixture.js';

const folder = temporaryFolder('repository');
afterAll(() => {
  vi.unstubAllEnvs();
  folder.remove();
});

function repositoryWith(name: string, ...contents: string[]): string {
  const path = initRepository(join(folder.path, name));
  for (const content of contents) {
    writeFileSync(join(path, 'file.txt'), content);
    git(path, ['add', '.']);
    git(path, ['commit', '-q', '--allow-empty', '-m', content]);
  }
  return path;
}

async function historyOf(path: string): Promise<string[]> {
  return (await readHistory(await openRepository(path))).map(({ id }) => id);
}

describe('opening a repository', () => {
  it('takes a top folder, its .git, a bare clone, a linked worktree and a symbolic link to it alike', async () => {
    const path = repositoryWith('plain', 'one', 'two');
    const bare = join(folder.path, 'bare.git');
    const worktree = join(folder.path, 'linked');
    git(folder.path, ['clone', '-q', '--bare', path, bare]);
    git(path, ['worktree', 'add', '-q', '--detach', worktree]);
    execFileSync('ln', ['-s', path, join(folder.path, 'symlink')]);
    const history = await historyOf(path);
    expect(history).toHaveLength(2);
    for (const way of [join(path, '.git'), bare, worktree, join(folder.path, 'symlink')]) {
      expect(await historyOf(way)).toEqual(history);
    }
  });

  it('starts a shallow clone where it was cut off', async () => {
    const path = repositoryWith('deep', 'one', 'two', 'three', 'four');
    const clone = join(folder.path, 'shallow');
    git(folder.path, ['clone', '-q', '--depth', '2', `file://${path}`, clone]);
    const repository = await openRepository(clone);
    expect(repository.shallow).toBe(true);
    const commits = await readHistory(repository);
    expect(commits.map(({ parent }) => parent !== undefined)).toEqual([false, true]);
    const [first] = await collect(readChanges(repository, commits, 1));
    expect(first?.changes.map(({ path: changed, before }) => [changed.toString(), before])).toEqual([
      ['file.txt', undefined],
    ]);
  });

  it('refuses what is no repository, and names the one around it', async () => {
    const path = repositoryWith('outer', 'one');
    mkdirSync(join(path, 'inner'));
    mkdirSync(join(folder.path, 'empty-folder'));
    writeFileSync(join(folder.path, 'a-file'), '');
    await expect(openRepository(join(path, 'inner'))).rejects.toThrow(
      /inner is not a git repository; it lies inside the one at .*outer$/,
    );
    await expect(openRepository(join(folder.path, 'empty-folder'))).rejects.toThrow(/is not a git repository$/);
    await expect(openRepository(join(folder.path, 'nowhere'))).rejects.toThrow(/^there is no folder .*nowhere$/);
    await expect(openRepository(join(folder.path, 'a-file'))).rejects.toThrow(/a-file is no folder$/);
    await expect(openRepository(initRepository(join(folder.path, 'unborn')))).rejects.toThrow(/has no commit at HEAD/);
  });

  it('is not led astray by the environment of a hook, or by replaced objects and grafts', async () => {
    const path = repositoryWith('honest', 'one', 'two', 'three');
    const history = await historyOf(path);
    const other = repositoryWith('other', 'x');
    git(path, ['replace', history[2] ?? '', history[0] ?? '']);
    mkdirSync(join(path, '.git', 'info'), { recursive: true });
    writeFileSync(join(path, '.git', 'info', 'grafts'), `${history[2]}\n`);
    vi.stubEnv('GIT_DIR', join(other, '.git'));
    vi.stubEnv('GIT_INDEX_FILE', '/nonexistent/index');
    vi.stubEnv('GIT_OBJECT_DIRECTORY', '/nonexistent/objects');
    try {
      expect(await historyOf(path)).toEqual(history);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('reads the same whatever the user has configured', async () => {
    const path = repositoryWith('configured', 'one\n', 'two\n');
    git(path, ['mv', 'file.txt', 'renamed.txt']);
    git(path, ['commit', '-q', '-m', 'rename']);
    const config = join(folder.path, 'gitconfig');
    writeFileSync(
      config,
      [
        '[diff]\n renames = copies\n external = false\n noprefix = true\n ignoreSubmodules = all\n relative = true\n orderFile = /nonexistent',
        '[log]\n showSignature = true\n diffMerges = combined\n[core]\n quotePath = true\n abbrev = 4\n pager = false',
        '[color]\n ui = always\n[safe]\n bareRepository = explicit\n[rev-list]\n x = y\n',
      ].join('\n'),
    );
    vi.stubEnv('GIT_CONFIG_GLOBAL', config);
    try {
      const repository = await openRepository(join(path, '.git'));
      const changes = await collect(readChanges(repository, await readHistory(repository), 1));
      expect(changes.at(-1)?.changes.map(change => [change.path.toString(), change.after === undefined])).toEqual([
        ['file.txt', true],
        ['renamed.txt', false],
      ]);
      expect(
        changes.flatMap(each => each.changes).every(({ after }) => after === undefined || after.objectId.length === 40),
      ).toBe(true);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('says how much git itself takes up', async () => {
    const repository = await openRepository(repositoryWith('sized', 'one'));
    expect(await gitObjectBytes(repository)).toBeGreaterThan(0);
  });
});

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}
