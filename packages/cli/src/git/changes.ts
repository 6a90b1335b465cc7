import type { Writable } from 'node:stream';
import { CommandError } from '../errors.js';
import type { Commit } from './history.js';
import { startGit } from './git-process.js';
import type { GitRepository } from './repository.js';
import { splitBytes } from './split-bytes.js';

/** What a path holds: its mode and the object that it names. */
export type TreeEntry = { readonly mode: string; readonly objectId: string };

/** What a commit did to one path. Paths are bytes: git promises no encoding. */
export type PathChange = {
  readonly path: Buffer;
  /** Absent: the path was not there. */
  readonly before: TreeEntry | undefined;
  /** Absent: the path was deleted. */
  readonly after: TreeEntry | undefined;
};

/** A commit at its revision, with what it changed against its first parent. */
export type CommitChanges = { readonly commit: Commit; readonly rev: number; readonly changes: readonly PathChange[] };

/** The mode of a submodule: its object is a commit of another repository. */
export const SUBMODULE_MODE = '160000';

const NUL = 0x00;
const COLON = 0x3a;
const ABSENT_MODE = '000000';

/**
 * What each of `commits` changed, in order, from one git process. `firstRev` is the revision of the first of them.
 *
 * @throws CommandError if git fails, or prints what it should not.
 */
export async function* readChanges(
  repository: GitRepository,
  commits: readonly Commit[],
  firstRev: number,
): AsyncGenerator<CommitChanges> {
  if (commits.length === 0) return;
  const options = ['--stdin', '--root', '-r', '--raw', '-z', '--no-abbrev', '--no-renames', '--always'];
  const plain = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=none', '--no-relative'];
  const { child, ended, kill } = startGit(repository, ['diff-tree', ...options, ...plain]);
  void ask(child.stdin, commits);
  try {
    let index = -1;
    let changes: PathChange[] = [];
    let raw: string | undefined;
    for await (const piece of splitBytes(child.stdout, NUL)) {
      if (raw !== undefined) {
        changes.push(parseChange(raw, piece));
        raw = undefined;
      } else if (piece[0] === COLON) {
        raw = piece.toString('latin1');
      } else {
        if (index >= 0) yield { commit: at(commits, index), rev: firstRev + index, changes };
        index++;
        changes = [];
        requireCommit(piece.toString('latin1'), at(commits, index));
      }
    }
    await ended;
    if (index !== commits.length - 1) throw new CommandError('git diff-tree stopped early');
    yield { commit: at(commits, index), rev: firstRev + index, changes };
  } finally {
    kill();
  }
}

/** Feeds the commits, each with the parent to compare with, as fast as git takes them. */
async function ask(stdin: Writable, commits: readonly Commit[]): Promise<void> {
  for (let start = 0; start < commits.length && stdin.writable; start += COMMITS_PER_WRITE) {
    const lines = commits
      .slice(start, start + COMMITS_PER_WRITE)
      .map(({ id, parent }) => (parent === undefined ? `${id}\n` : `${id} ${parent}\n`));
    if (stdin.write(lines.join(''))) continue;
    await new Promise<void>(resolve => {
      for (const event of ['drain', 'close', 'error']) stdin.once(event, resolve);
    });
  }
  stdin.end();
}

const COMMITS_PER_WRITE = 1_000;

/** `:100644 100755 <id> <id> M`, and the path behind it. */
function parseChange(raw: string, path: Buffer): PathChange {
  const [modeBefore = '', modeAfter = '', idBefore = '', idAfter = ''] = raw.slice(1).split(' ');
  // The chunk that the path lies in would be kept for as long as the path.
  return { path: Buffer.from(path), before: entry(modeBefore, idBefore), after: entry(modeAfter, idAfter) };
}

function entry(mode: string, objectId: string): TreeEntry | undefined {
  return mode === ABSENT_MODE ? undefined : { mode, objectId };
}

function requireCommit(printed: string, expected: Commit): void {
  if (printed !== expected.id)
    throw new CommandError(`git diff-tree printed ${JSON.stringify(printed)} for ${expected.id}`);
}

function at(commits: readonly Commit[], index: number): Commit {
  const commit = commits[index];
  if (commit === undefined) throw new CommandError('git diff-tree printed more commits than it was asked for');
  return commit;
}
