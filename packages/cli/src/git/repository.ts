import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from '../errors.js';
import { runGit, type GitPlace } from './git-process.js';

/** A git repository to read history from. */
export type GitRepository = GitPlace & {
  /** The hash that names objects. */
  readonly objectFormat: 'sha1' | 'sha256';
  /** The commit whose history is read: HEAD as it was when the repository was opened. */
  readonly head: string;
  /** Whether the history was cut off by a shallow clone. */
  readonly shallow: boolean;
};

/**
 * Opens the repository at `path`: a working tree's top folder, a bare repository, a `.git` folder or a linked worktree.
 *
 * @throws CommandError if there is none, or it has no commit, or git refuses it.
 */
export async function openRepository(path: string): Promise<GitRepository> {
  const directory = await existingFolder(path);
  // Without the ceiling a folder that merely lies inside some repository would count as that repository.
  const place = { directory, ceiling: dirname(directory) };
  let answers: string[];
  try {
    answers = (await runGit(place, ['rev-parse', '--show-object-format', '--is-shallow-repository'])).split('\n');
  } catch (error) {
    if (error instanceof CommandError && error.message.includes('not a git repository'))
      throw await notARepository(path, directory);
    throw error;
  }
  const objectFormat = answers[0] === 'sha256' ? 'sha256' : 'sha1';
  const head = await resolveHead(place, path);
  return { ...place, objectFormat, head, shallow: answers[1] === 'true' };
}

async function existingFolder(path: string): Promise<string> {
  try {
    const directory = await realpath(path);
    if ((await stat(directory)).isDirectory()) return directory;
  } catch (cause) {
    throw new CommandError(`there is no folder ${path}`, undefined, { cause: unlessAbsent(cause) });
  }
  throw new CommandError(`${path} is no folder`);
}

function unlessAbsent(cause: unknown): unknown {
  return (Object(cause) as { code?: string }).code === 'ENOENT' ? undefined : cause;
}

async function resolveHead(place: GitPlace, path: string): Promise<string> {
  try {
    return (await runGit(place, ['rev-parse', '--verify', '--quiet', '--end-of-options', 'HEAD^{commit}'])).trim();
  } catch (error) {
    if (!(error instanceof CommandError) || !/failed: it ended|Needed a single revision/.test(error.message))
      throw error;
    throw new CommandError(`${path} has no commit at HEAD: there is no history to replay`);
  }
}

async function notARepository(path: string, directory: string): Promise<CommandError> {
  const above = await runGit({ directory }, ['rev-parse', '--show-toplevel']).catch(() => '');
  const hint = above.trim() === '' ? '' : `; it lies inside the one at ${above.trim()}`;
  return new CommandError(`${path} is not a git repository${hint}`);
}
