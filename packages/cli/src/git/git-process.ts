import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { CommandError } from '../errors.js';

/** Where a git process works, and what it is not to look at. */
export type GitPlace = { readonly directory: string; readonly ceiling?: string };

// What ties git to another repository, bends its reading of history, or changes how it prints.
const DROPPED_VARIABLES =
  /^GIT_(DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|PREFIX|NAMESPACE|CONFIG|GRAFT_FILE|SHALLOW_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|INTERNAL_.*|QUARANTINE_PATH|EXTERNAL_DIFF|DIFF_OPTS|ATTR_SOURCE|DEFAULT_HASH|DEFAULT_REF_FORMAT|FLUSH|TRACE.*|.*_PATHSPECS|ADVICE|PAGER|REDIRECT_.*)$/;

// History is what the commits themselves say: no replaced objects, no grafts.
const FIXED_VARIABLES = {
  LC_ALL: 'C',
  LANGUAGE: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: process.platform === 'win32' ? 'NUL' : '/dev/null',
  GIT_PAGER: 'cat',
};

// A user's configuration must not change what is read.
const SETTINGS = [
  'safe.bareRepository=all',
  'core.quotePath=false',
  'core.pager=cat',
  'core.fsmonitor=false',
  'core.commitGraph=false',
  'diff.renames=false',
  'diff.ignoreSubmodules=none',
  'diff.external=',
  'diff.relative=false',
  'diff.noprefix=false',
  'diff.submodule=short',
  'log.showSignature=false',
  'log.diffMerges=off',
  'color.ui=false',
  'advice.graftFileDeprecated=false',
].flatMap(setting => ['-c', setting]);

const STDERR_BYTES_MAX = 16 * 1024;

/** A git process with its streams, and how it ended. */
export type GitProcess = {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when it ended with 0. @throws CommandError with what git said. */
  readonly ended: Promise<void>;
  /** Ends the process, if it still runs. */
  readonly kill: () => void;
};

/**
 * Starts git with a configuration and an environment of our own. It is a child that Ctrl-C does not reach, so that a
 * command that is interrupted can finish what it is at.
 */
export function startGit(place: GitPlace, args: readonly string[]): GitProcess {
  const child = spawn('git', ['--no-pager', '--no-replace-objects', ...SETTINGS, ...args], {
    cwd: place.directory,
    env: environment(place),
    stdio: 'pipe',
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < STDERR_BYTES_MAX) said += text;
  });
  // A process that ends early breaks the pipe; how it ended tells why.
  child.stdin.on('error', () => undefined);
  let killed = false;
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', cause => reject(notStarted(cause)));
    child.on('close', (code, signal) => {
      if (code === 0 || killed) resolve();
      else reject(gitFailure(args[0] ?? '', said, code ?? signal));
    });
  });
  ended.catch(() => undefined);
  return {
    child,
    ended,
    kill() {
      killed = true;
      child.kill('SIGKILL');
    },
  };
}

/** Runs git to its end and gives what it printed. @throws CommandError with what git said. */
export async function runGit(place: GitPlace, args: readonly string[]): Promise<string> {
  const { child, ended } = startGit(place, args);
  child.stdin.end();
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await ended;
  return Buffer.concat(chunks).toString('utf8');
}

function environment({ ceiling }: GitPlace): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) if (!DROPPED_VARIABLES.test(name)) env[name] = value;
  Object.assign(env, FIXED_VARIABLES);
  if (ceiling !== undefined) env.GIT_CEILING_DIRECTORIES = ceiling;
  return env;
}

function notStarted(cause: Error & { code?: string }): CommandError {
  if (cause.code === 'ENOENT') return new CommandError('git was not found: install it, or put it on the PATH');
  return new CommandError('git could not be started', undefined, { cause });
}

function gitFailure(command: string, said: string, ended: number | string | null): CommandError {
  const owner = /dubious ownership in repository at '([^']*)'/.exec(said);
  if (owner !== null) {
    return new CommandError(
      `git refuses ${owner[1]}, which belongs to another user: allow it with 'git config --global --add safe.directory ${owner[1]}'`,
    );
  }
  if (said.includes('promisor remote')) {
    return new CommandError(
      `the repository is a partial clone, and its remote does not give what it lacks: 'git fetch --refetch --no-filter' completes it where the remote can be reached`,
    );
  }
  const reason = said
    .split('\n')
    .filter(line => !line.startsWith('hint:') && !line.startsWith('warning:'))
    .join(' ')
    .trim();
  return new CommandError(`git ${command} failed: ${reason === '' ? `it ended with ${ended}` : reason}`);
}
