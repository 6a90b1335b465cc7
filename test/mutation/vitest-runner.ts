import { BroadcastChannel } from 'node:worker_threads';
import { TestRunner, type RunnerTask } from 'vitest';
import { CHANNEL, type HuntReport, type HuntTask } from './messages.js';
import type { MutantNumber } from './mutant.js';
import { forget, PlannedTests } from './planned-tests.js';
import { limitSteps, startRecording, stopRecording, turnOn } from './switch.js';

/** What is known of a test without any mutant. */
type Usual = {
  readonly id: string;
  readonly ms: number;
  readonly steps: number;
  readonly reached: ReadonlySet<MutantNumber>;
};

const DRY_DEADLINE_MS = 120_000;
const SLOWER_FACTOR = 10;
const SLOWER_MS = 3000;
const MORE_STEPS_FACTOR = 20;
const MORE_STEPS = 100_000;
/** So many tests are tried first, the cheapest; then the rest. */
const CHEAP_TESTS = 8;

const now = performance.now.bind(performance);

/**
 * Stands in for the runner of Vitest. Before a spec is run as always, its tests are run one by one to see which mutants
 * each of them reaches; then, for each mutant, those that reach it. That the spec passes at last, run as always,
 * shows that no mutant has left a trace.
 */
export default class MutationRunner extends TestRunner {
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #task: HuntTask;

  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config);
    this.#channel.unref();
    this.#task = this.injectValue('huntTask') as HuntTask;
  }

  async onBeforeCollect([spec]: string[]): Promise<void> {
    if (spec === undefined) return;
    const tests = new PlannedTests(this.config);
    Object.defineProperty(tests, 'moduleRunner', { value: this['moduleRunner'] });
    tests.__setTraces(this['_otel'] as Parameters<TestRunner['__setTraces']>[0]);
    await (this.#task.fromTheStart ? this.#tryFromTheStart(tests, spec) : this.#tryAll(tests, spec));
    forget(this, spec);
  }

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    if (this.#task.fromTheStart) test.mode = 'skip';
    await super.onBeforeRunTask(test);
  }

  async #tryAll(tests: PlannedTests, spec: string): Promise<void> {
    startRecording();
    const { testIds, failed } = await tests.run(spec, { includes: () => false, before: () => 0 });
    const atLoading = stopRecording().reached;
    const usual: Usual[] = [];
    let broken = failed;
    for (const id of testIds) {
      const one = await this.#measure(tests, spec, id);
      broken ??= one.broken;
      usual.push(one);
    }
    if (broken !== undefined) return this.#report({ type: 'broken', by: broken });
    const byTests = new Set(usual.flatMap(({ reached }) => [...reached]));
    this.#report({ type: 'reached', byTests: [...byTests], atLoading: [...atLoading] });
    const cheapestFirst = usual.toSorted((a, b) => a.ms - b.ms);
    for (const mutant of this.#task.wanted.filter(each => byTests.has(each)))
      await this.#try(
        tests,
        spec,
        mutant,
        cheapestFirst.filter(({ reached }) => reached.has(mutant)),
      );
  }

  async #measure(tests: PlannedTests, spec: string, id: string): Promise<Usual & { broken?: string }> {
    startRecording();
    const from = now();
    const { failed } = await tests.run(spec, {
      includes: each => each === id,
      before: () => this.#begin(DRY_DEADLINE_MS),
    });
    return { id, ms: now() - from, ...stopRecording(), ...(failed === undefined ? {} : { broken: failed }) };
  }

  async #try(tests: PlannedTests, spec: string, mutant: MutantNumber, reaching: readonly Usual[]): Promise<void> {
    this.#report({ type: 'trying', mutant });
    let outcome: { failed?: string; isSlow: boolean } = { isSlow: false };
    for (const batch of [reaching.slice(0, CHEAP_TESTS), reaching.slice(CHEAP_TESTS)]) {
      if (outcome.failed !== undefined || batch.length === 0) break;
      const byId = new Map(batch.map(each => [each.id, each]));
      turnOn(mutant);
      outcome = await tests.run(spec, {
        includes: id => byId.has(id),
        before: id => {
          const { ms = 0, steps = 0 } = byId.get(id) ?? {};
          limitSteps(MORE_STEPS_FACTOR * steps + MORE_STEPS);
          return this.#begin(SLOWER_FACTOR * ms + SLOWER_MS);
        },
      });
    }
    turnOn();
    this.#report({ type: 'verdict', mutant, failed: outcome.failed, isSlow: outcome.isSlow });
  }

  /** The whole spec, with the mutant on as the code is loaded. */
  async #tryFromTheStart(tests: PlannedTests, spec: string): Promise<void> {
    for (const mutant of this.#task.wanted) {
      this.#report({ type: 'trying', mutant });
      turnOn(mutant);
      const { failed, isSlow } = await tests.run(spec, {
        includes: () => true,
        before: () => this.#begin(DRY_DEADLINE_MS),
      });
      this.#report({ type: 'verdict', mutant, failed, isSlow });
    }
  }

  #begin(deadlineMs: number): number {
    this.#report({ type: 'test', deadlineMs });
    return deadlineMs;
  }

  #report(report: HuntReport): void {
    this.#channel.postMessage(report);
  }
}
