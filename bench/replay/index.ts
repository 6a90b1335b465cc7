import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Figure, Outcome } from '../harness/figure.js';
import type { Asked, Question } from '../harness/question.js';
import type { Check } from '../harness/report.js';
import { OURS } from '../stores/ours.js';

const BACKENDS = ['leveldb', 'file', 'memory'] as const;
const SMALL_COMMITS = 10;

/** How long it takes to bring this repository's history in, beside `git fast-import` of the same commits. */
const replay: Question = {
  name: 'replay',
  figures: asked => {
    const command = resolve('packages/cli/dist/main.js');
    if (!existsSync(command) || !existsSync('.git')) {
      const detail = existsSync('.git') ? 'the command is not built: run `npm run build`' : 'this is no git checkout';
      asked.check({ name: 'replay: left out', passed: true, detail });
      return [];
    }
    return BACKENDS.map(backend => replayFigure(command, backend, asked));
  },
};

export default replay;

function replayFigure(command: string, backend: (typeof BACKENDS)[number], { small, scratch, check }: Asked): Figure {
  const repository = process.cwd();
  return {
    name: `replay: this repository, ${backend}, commits`,
    unit: '/s',
    async prepare() {
      const commits = git(repository, 'rev-list', '--first-parent', '--reverse', 'HEAD').trim().split('\n');
      const count = small ? Math.min(SMALL_COMMITS, commits.length) : commits.length;
      const history = exportHistory(repository, commits[count - 1] ?? 'HEAD', scratch.fresh('history'));
      const replayInto = (verify: string): { summary: ReplaySummary; ms: number } => {
        const store = scratch.fresh('replayed');
        const options = ['--store', store, '--backend', backend, '--limit', String(count), '--verify', verify];
        const begun = performance.now();
        const text = execFileSync(
          process.execPath,
          [command, 'replay', repository, ...options, '--json', '-'],
          QUIETLY,
        );
        const ms = performance.now() - begun;
        scratch.discard(store);
        return { summary: JSON.parse(text) as ReplaySummary, ms };
      };
      const { summary } = replayInto(small ? 'sample' : 'all');
      check(verificationOf(backend, summary));
      const rate = (ms: number): Outcome => ({ value: count / (ms / 1000) });
      return {
        ours: { name: OURS, run: async () => rate(replayInto('none').ms) },
        peers: [{ name: 'git fast-import', run: async () => rate(importHistory(history, scratch.fresh('imported'))) }],
      };
    },
  };
}

/** What is used here of what the command says of a replay. */
type ReplaySummary = {
  readonly commits: number;
  readonly bytes: { readonly store: number; readonly git: number };
  readonly verification: { readonly pairs: number; readonly verified: number } | null;
};

const QUIETLY: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  maxBuffer: 2 ** 30,
};

function verificationOf(backend: string, { commits, bytes, verification }: ReplaySummary): Check {
  const { verified = 0, pairs = 0 } = verification ?? {};
  return {
    name: `replay: ${backend}`,
    passed: pairs > 0 && verified === pairs,
    detail: `verified ${verified} of ${pairs} at ${commits} commits; ${bytes.store} bytes beside git's ${bytes.git}`,
  };
}

/** The history up to a commit as `git fast-import` reads it. */
function exportHistory(repository: string, commit: string, path: string): string {
  const file = openSync(path, 'w');
  try {
    execFileSync('git', ['-C', repository, 'fast-export', '--first-parent', '--signed-tags=strip', commit], {
      stdio: ['ignore', file, 'ignore'],
    });
    return path;
  } finally {
    closeSync(file);
  }
}

/** Milliseconds that `git fast-import` takes. */
function importHistory(history: string, directory: string): number {
  git('.', 'init', '--quiet', '--bare', directory);
  const file = openSync(history, 'r');
  try {
    const begun = performance.now();
    execFileSync('git', ['-C', directory, 'fast-import', '--quiet', '--force'], { stdio: [file, 'ignore', 'ignore'] });
    return performance.now() - begun;
  } finally {
    closeSync(file);
  }
}

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, ...args], QUIETLY);
}
