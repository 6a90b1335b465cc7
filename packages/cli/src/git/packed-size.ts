import { runGit } from './git-process.js';
import type { GitRepository } from './repository.js';

const KIB = 1024;

/**
 * The bytes that git takes up with all of its objects, packed and loose, as `git count-objects -v` tells them.
 *
 * @throws CommandError if git fails.
 */
export async function gitObjectBytes(repository: GitRepository): Promise<number> {
  const counted = await runGit(repository, ['count-objects', '-v']);
  const kibOf = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(counted)?.[1] ?? 0);
  return (kibOf('size-pack') + kibOf('size')) * KIB;
}
