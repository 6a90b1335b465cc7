import { startGit } from './git-process.js';
import type { GitRepository } from './repository.js';
import { splitBytes } from './split-bytes.js';

/** A commit of the first-parent history; its revision is its position, counted from 1. */
export type Commit = { readonly id: string; readonly parent: string | undefined };

/**
 * The commits from the first to HEAD, in topological order along first parents. Where a shallow clone was cut off, the
 * oldest commit that is there counts as a first one.
 *
 * @throws CommandError if git fails.
 */
export async function readHistory(repository: GitRepository): Promise<Commit[]> {
  const order = ['--first-parent', '--topo-order', '--reverse', '--parents'];
  const { child, ended, kill } = startGit(repository, ['rev-list', ...order, repository.head, '--']);
  child.stdin.end();
  const commits: Commit[] = [];
  try {
    for await (const line of splitBytes(child.stdout, NEWLINE)) {
      const [id = '', parent] = line.toString('latin1').split(' ');
      if (id !== '') commits.push({ id, parent });
    }
    await ended;
  } finally {
    kill();
  }
  return commits;
}

const NEWLINE = 0x0a;
