import { startTests } from '@vitest/runner';
import { TestRunner, type RunnerTask, type RunnerTestCase, type RunnerTestFile } from 'vitest';

/** Which tests of a spec run, what is done before each, and how long it may take. */
export type Plan = {
  readonly includes: (testId: string) => boolean;
  readonly before: (testId: string) => number;
};

/** What came of it: the tests that were to run, and the first that failed. */
export type Outcome = { readonly testIds: readonly string[]; readonly failed?: string; readonly isSlow: boolean };

// Tests may exchange the clock.
const { setTimeout, clearTimeout } = globalThis;

/** Runs chosen tests of a spec again and again, with the code that is loaded; tells Vitest nothing of it. */
export class PlannedTests extends TestRunner {
  #plan: Plan = { includes: () => false, before: () => 0 };
  #testIds: string[] = [];
  #failed: string | undefined;
  #isSlow = false;

  /** Until the first test fails. */
  async run(spec: string, plan: Plan): Promise<Outcome> {
    this.#plan = plan;
    this.#testIds = [];
    this.#failed = undefined;
    this.#isSlow = false;
    const files = await startTests([spec], this);
    const failed = this.#failed ?? firstFailure(files);
    return { testIds: this.#testIds, isSlow: this.#isSlow, ...(failed === undefined ? {} : { failed }) };
  }

  /** A spec is evaluated anew each time: only so are its tests registered again. */
  override importFile(path: string, source: 'collect' | 'setup'): unknown {
    forget(this, path);
    return super.importFile(path, source);
  }

  onCollected(files: RunnerTestFile[]): void {
    for (const file of files) this.#choose(file);
  }

  /** Whether something of it runs. */
  #choose(task: RunnerTask): boolean {
    if (task.mode !== 'run' && task.mode !== 'queued') return false;
    if (task.type === 'test') this.#testIds.push(task.id);
    const runs =
      task.type === 'test' ? this.#plan.includes(task.id) : task.tasks.map(each => this.#choose(each)).some(Boolean);
    if (!runs) task.mode = 'skip';
    return runs;
  }

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    if (this.#failed !== undefined) test.mode = 'skip';
    await super.onBeforeRunTask(test);
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const deadlineMs = this.#plan.before(test.id);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#isSlow = true;
        reject(new TypeError('this takes much longer than without the mutant'));
      }, deadlineMs);
    });
    try {
      await Promise.race([TestRunner.getTestFn(test)(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  override onAfterRunTask(test: RunnerTask): void {
    super.onAfterRunTask(test);
    if (test.result?.state === 'fail') this.#failed ??= nameOf(test);
  }

  /** There are no snapshots to tell of. */
  override async onAfterRunSuite(): Promise<void> {}
}

type EvaluatedModules = { getModuleById(id: string): object | undefined; invalidateModule(node: object): void };

/** Makes a runner load a module again. */
export function forget(runner: TestRunner, path: string): void {
  const { evaluatedModules } = runner['workerState'] as { evaluatedModules: EvaluatedModules };
  const node = evaluatedModules.getModuleById(path);
  if (node !== undefined) evaluatedModules.invalidateModule(node);
}

function firstFailure(tasks: readonly RunnerTask[]): string | undefined {
  for (const task of tasks) {
    const within = task.type === 'suite' ? firstFailure(task.tasks) : undefined;
    if (within !== undefined) return within;
    if (task.result?.state === 'fail') return nameOf(task);
  }
  return undefined;
}

function nameOf(task: RunnerTask): string {
  return task.suite === undefined ? task.name : `${nameOf(task.suite)} ${task.name}`;
}
