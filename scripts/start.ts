import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { makeSampleRepository } from './sample-repository.js';
import { ROOT, runStep } from './run-step.js';

/** The main job on real input: this repository's own history goes in, and all of it comes out again. */
const STORE = '.blockstrata';
const COMMAND = join('packages', 'cli', 'bin', 'blockstrata.js');

const { repository, file } = isGitCheckout()
  ? { repository: '.', file: 'README.md' }
  : { repository: makeSampleRepository(join(ROOT, '.blockstrata-sample')), file: 'story.txt' };

const replay = ['replay', repository, '--store', STORE, '--verify', 'all'];
say(`$ npx blockstrata ${replay.join(' ')}\n`);
const exitCode = await runStep([process.execPath, COMMAND, ...replay]);
if (exitCode !== 0) {
  say(`\nIf the history was rewritten since the last time: remove the folder ${STORE}, and run npm start again.`);
  process.exit(exitCode);
}
say(`
Try next:
  npx blockstrata ls
  npx blockstrata log ${file}
  npx blockstrata show ${file}`);

/** Whether this folder is the top of a git checkout that has a commit. */
function isGitCheckout(): boolean {
  try {
    const top = git('rev-parse', '--show-toplevel');
    git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
    if (realpathSync(top) === realpathSync(ROOT)) return true;
    say('This folder is no git checkout of its own, so a small repository is made to replay.');
  } catch {
    say('This folder is no git checkout that git can read, so a small repository is made to replay.');
  }
  return false;
}

function git(...args: string[]): string {
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...env } = process.env;
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe', env }).trim();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
