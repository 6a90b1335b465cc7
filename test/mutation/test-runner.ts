import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SpecRun } from './areas.js';
import type { Mutant, MutationReply, MutationTask } from './mutant.js';

const PROGRAM = fileURLToPath(new URL('tests-process.ts', import.meta.url));
const START_MS_MAX = 120_000;

/** Random tests make few runs: the mutants are many. */
const RUNS_FACTOR = '0.1';

/** What a spec says of a mutant: the test that failed, that it did not end in time, or nothing. */
export type Verdict = { readonly by: string } | 'too slow' | undefined;

/** Runs specs in another process, which is killed where a mutant does not end, and started again. */
export class TestRunner {
  #child: ChildProcess | undefined;

  async run(mutant: Mutant | undefined, specRun: SpecRun, timeoutMs: number): Promise<Verdict> {
    this.#child ??= await start();
    const task: MutationTask = { mutant, specRun };
    this.#child.send(task);
    const reply = await answer(this.#child, timeoutMs);
    if (reply === undefined) {
      this.close();
      return 'too slow';
    }
    return reply.failed === undefined ? undefined : { by: reply.failed };
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

async function start(): Promise<ChildProcess> {
  const child = fork(PROGRAM, {
    execArgv: ['--conditions=@blockstrata/source', '--import', 'tsx'],
    env: { ...process.env, BLOCKSTRATA_RUNS: RUNS_FACTOR },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  if ((await answer(child, START_MS_MAX)) === undefined)
    throw new TypeError('the process that runs tests did not start');
  return child;
}

/** `undefined`: it did not answer in time, or has ended. */
async function answer(child: ChildProcess, timeoutMs: number): Promise<MutationReply | undefined> {
  const settled = new AbortController();
  const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(Math.ceil(timeoutMs))]);
  const ended = once(child, 'exit', { signal }).then(() => undefined);
  const answered = once(child, 'message', { signal }).then(([reply]) => reply as MutationReply);
  try {
    return await Promise.race([answered, ended]).catch(() => undefined);
  } finally {
    settled.abort();
    await Promise.allSettled([answered, ended]);
  }
}
