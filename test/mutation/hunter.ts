import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SpecRun } from './areas.js';
import type { HuntReport, HuntTask } from './messages.js';
import type { MutantNumber } from './mutant.js';

const PROGRAM = fileURLToPath(new URL('tests-process.ts', import.meta.url));
/** Between two reports, on top of what a test may take: the start, hooks, and the loading of specs. */
const SILENT_MS_MAX = 60_000;

/** Random tests make few runs, unless told otherwise: the mutants are many. */
const RUNS_FACTOR = process.env['BLOCKSTRATA_RUNS'] ?? '0.02';

/** What a spec says of a mutant: the test that failed, that it did not end in time, or nothing. */
export type Verdict = { readonly by: string; readonly isSlow: boolean } | undefined;

/** Where the reports of a spec go. */
export type Listener = {
  readonly onReached: (byTests: readonly MutantNumber[], atLoading: readonly MutantNumber[]) => void;
  readonly onVerdict: (mutant: MutantNumber, verdict: Verdict) => void;
};

/** Runs the specs of an area in another process, which is killed where a mutant does not end, and started again. */
export class Hunter {
  readonly #area: string;
  #child: ChildProcess | undefined;

  constructor(area: string) {
    this.#area = area;
  }

  /** Tries mutants with a spec. @throws TypeError if the spec fails without any mutant. */
  async try(
    specRun: SpecRun,
    mutants: readonly MutantNumber[],
    fromTheStart: boolean,
    listener: Listener,
  ): Promise<void> {
    const left = new Set(mutants);
    for (let isDone = false; !isDone;) {
      const task: HuntTask = { specRun, wanted: [...left], fromTheStart };
      const child = (this.#child ??= await this.#start());
      const stuckAt = await this.#follow(child, task, {
        ...listener,
        onVerdict: (mutant, verdict) => {
          left.delete(mutant);
          listener.onVerdict(mutant, verdict);
        },
      });
      isDone = stuckAt === undefined;
      if (stuckAt === undefined) continue;
      left.delete(stuckAt);
      listener.onVerdict(stuckAt, { by: 'the process, which had to be ended', isSlow: true });
      this.close();
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** Until the spec is through; or the mutant at which it got stuck. */
  async #follow(
    child: ChildProcess,
    task: HuntTask,
    { onReached, onVerdict }: Listener,
  ): Promise<MutantNumber | undefined> {
    let trying: MutantNumber | undefined;
    let broken: string | undefined;
    child.send(task);
    const isThrough = await follow(child, report => {
      if (report.type === 'reached') onReached(report.byTests, report.atLoading);
      if (report.type === 'trying') trying = report.mutant;
      if (report.type === 'broken') broken = report.by;
      if (report.type === 'verdict') {
        trying = undefined;
        onVerdict(
          report.mutant,
          report.failed === undefined ? undefined : { by: report.failed, isSlow: report.isSlow },
        );
      }
    });
    if (!isThrough && trying === undefined) broken ??= 'it does not end';
    if (broken !== undefined) throw new TypeError(`${task.specRun.spec} fails without any mutant: ${broken}`);
    return trying;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(PROGRAM, [this.#area], {
      execArgv: ['--conditions=@blockstrata/source', '--import', 'tsx'],
      env: { ...process.env, BLOCKSTRATA_RUNS: RUNS_FACTOR },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    if (!(await follow(child, () => {}))) throw new TypeError('the process of the tests did not start');
    return child;
  }
}

/** Until it is ready for more: `false` if it falls silent for too long, or ends. */
async function follow(child: ChildProcess, onReport: (report: HuntReport) => void): Promise<boolean> {
  let resolve: (isReady: boolean) => void = () => {};
  const settled = new Promise<boolean>(settle => (resolve = settle));
  const giveUp = () => resolve(false);
  let timer = setTimeout(giveUp, SILENT_MS_MAX);
  const onMessage = (report: HuntReport) => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, SILENT_MS_MAX + (report.type === 'test' ? report.deadlineMs : 0));
    onReport(report);
    if (report.type === 'ready') resolve(true);
  };
  child.on('message', onMessage).once('exit', giveUp);
  try {
    return await settled;
  } finally {
    clearTimeout(timer);
    child.off('message', onMessage).off('exit', giveUp);
  }
}
