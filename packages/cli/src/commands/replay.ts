import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { CommandError, EXIT, UsageError } from '../errors.js';
import { readHistory } from '../git/history.js';
import { gitObjectBytes } from '../git/packed-size.js';
import { openRepository, type GitRepository } from '../git/repository.js';
import { toJson } from '../output/json.js';
import { startProgress } from '../output/progress.js';
import { Interrupted } from '../output/terminal.js';
import { replayHistory, type ReplayOutcome } from '../replay/replay-history.js';
import { findResumePoint, type ResumePoint } from '../replay/resume-point.js';
import { countStore, formatSummary, isVerified, type ReplaySummary } from '../replay/summary.js';
import { verifyReplay, type VerifyDepth } from '../replay/verify-replay.js';
import type { Commit } from '../git/history.js';
import { BACKENDS, detectBackend, type Backend } from '../store/backend.js';
import { makeStore, type Store } from '../store/open-store.js';
import { sizeOnDisk } from '../store/size-on-disk.js';
import { DEFAULT_STORE, integerOption, type CommandContext } from './context.js';

type ReplayOptions = {
  store: string;
  backend?: Backend;
  verify: VerifyDepth;
  limit?: number;
  seed?: number;
  json?: string;
};

const SEED_MAX = 2 ** 32 - 1;

/** `blockstrata replay`. */
export function addReplay(program: Command, context: CommandContext): void {
  program
    .command('replay')
    .description('bring the history of a git repository into a store, a transaction for each commit')
    .argument('<repository>', 'a git repository: its top folder, a bare one, a worktree')
    .option('--store <dir>', 'the folder of the store; it is made where it is missing', DEFAULT_STORE)
    .addOption(new Option('--backend <name>', 'what a new store is kept on; default leveldb').choices(BACKENDS))
    .addOption(
      new Option('--verify <depth>', 'what to read back and compare with git')
        .choices(['none', 'sample', 'all'])
        .default('sample'),
    )
    .addOption(integerOption('--seed <n>', 'repeat the sample that had this seed', 0))
    .addOption(integerOption('--limit <n>', 'only the first n commits', 1))
    .option('--json <file>', "write the summary as JSON to a file; '-': to standard output, in place of the text")
    .addHelpText('after', EXAMPLES)
    .action((repository: string, options: ReplayOptions) => replay(repository, options, context));
}

const EXAMPLES = `
The history is that of HEAD along first parents. Each path is a block, each commit that changes something a transaction
at the revision that is its position. Killed at any moment and started again it goes on where it was.

'--verify all' reads every path back at every commit, after the store was closed and reopened; histories of more than
200 000 (path, commit) pairs are read at both ends of every span in which a path does not change. The commit log is
compared too. '--verify sample' reads 1 000 pairs at random.

Examples:
  $ blockstrata replay . --verify all
  $ blockstrata replay ~/src/project.git --store /tmp/project --backend file
  $ blockstrata replay . --limit 100 --json summary.json
`;

async function replay(path: string, options: ReplayOptions, context: CommandContext): Promise<void> {
  if (options.seed !== undefined && (options.verify !== 'sample' || options.seed > SEED_MAX)) {
    throw new UsageError(`--seed is for --verify sample, and ${SEED_MAX} at most`);
  }
  const repository = await openRepository(path);
  const history = await readHistory(repository);
  const store = makeStore(await chooseBackend(options), options.store, true);
  try {
    const from = await findResumePoint(store.storage, history, { repository: path, shallow: repository.shallow });
    const commits = history.slice(0, Math.max(options.limit ?? history.length, from.rev));
    const outcome = await bringIn(context, { repository, commits, store, from });
    // What is verified is what a new owner finds.
    await store.storage.close();
    const summary = await conclude(context, {
      path,
      options,
      repository,
      commits,
      from,
      outcome,
      backend: store.backend,
      store,
    });
    await report(context, options, summary);
  } finally {
    await store.storage.close();
  }
}

async function chooseBackend({ backend, store }: ReplayOptions): Promise<Backend> {
  if (backend === 'memory') return backend;
  const found = await detectBackend(store);
  if (found !== undefined && backend !== undefined && found !== backend) {
    throw new CommandError(`the store at ${store} is kept on ${found}: leave --backend out, or use another --store`);
  }
  return found ?? backend ?? 'leveldb';
}

type Work = { repository: GitRepository; commits: readonly Commit[]; store: Store; from: ResumePoint };

async function bringIn({ terminal }: CommandContext, work: Work): Promise<ReplayOutcome> {
  const bar = startProgress(terminal, 'replaying', work.commits.length);
  bar.update(work.from.rev);
  try {
    const outcome = await replayHistory({ ...work, signal: terminal.signal, onCommit: rev => bar.update(rev) });
    if (outcome.interrupted) throw stoppedAt(outcome.rev, work.commits.length, terminal.signal);
    return outcome;
  } finally {
    bar.stop();
  }
}

function stoppedAt(rev: number, total: number, { reason }: AbortSignal): CommandError {
  const exitCode = reason instanceof Interrupted ? reason.exitCode : EXIT.interrupted;
  return new CommandError(`stopped at revision ${rev} of ${total}; the same command goes on from there`, exitCode);
}

type Conclusion = Work & { path: string; options: ReplayOptions; outcome: ReplayOutcome; backend: Backend };

async function conclude({ terminal }: CommandContext, work: Conclusion): Promise<ReplaySummary> {
  const { path, options, repository, commits, from, outcome, backend } = work;
  const store = backend === 'memory' ? work.store : makeStore(backend, options.store, false);
  try {
    await store.storage.open();
    const bar = startProgress(terminal, 'verifying', commits.length);
    const { signal } = terminal;
    const seed = options.seed === undefined ? {} : { seed: options.seed };
    const verification =
      options.verify === 'none'
        ? null
        : await verifyReplay({
            repository,
            commits,
            store,
            depth: options.verify,
            ...seed,
            signal,
            onStep: rev => bar.update(rev),
          });
    bar.stop();
    const counts = await countStore(store);
    const memoryBytes = backend === 'memory' ? await store.storage.estimateSize() : 0;
    await store.storage.close();
    const bytes = backend === 'memory' ? memoryBytes : await sizeOnDisk(options.store);
    const { transactions, elapsedMs } = outcome;
    return {
      repository: path,
      head: repository.head,
      store: backend === 'memory' ? null : options.store,
      backend,
      commits: commits.length,
      commitsWithoutChanges: commits.length - counts.transactions,
      ...counts,
      run: {
        from: from.rev,
        transactions,
        elapsedMs,
        transactionsPerSecond: (transactions * 1_000) / Math.max(elapsedMs, 1),
      },
      bytes: { store: bytes, git: await gitObjectBytes(repository) },
      verification,
    };
  } finally {
    await store.storage.close();
  }
}

async function report({ out }: CommandContext, { json }: ReplayOptions, summary: ReplaySummary): Promise<void> {
  if (json !== undefined && json !== '-') await writeFile(json, `${toJson(summary)}\n`);
  await out.line(json === '-' ? toJson(summary) : formatSummary(summary));
  if (!isVerified(summary)) throw new CommandError('the store does not give back what git has');
}
