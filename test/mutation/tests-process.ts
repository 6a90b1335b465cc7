import { resolve } from 'node:path';
import { createVitest, type TestCase, type TestModule } from 'vitest/node';
import { mutated, type Mutant, type MutationReply, type MutationTask } from './mutant.js';

/** Keeps a Vitest ready, and runs one spec after another against one mutant after another. */

let mutant: Mutant | undefined;
const vitest = await createVitest(
  'test',
  { watch: false, bail: 1, maxWorkers: 1, pool: 'threads', reporters: [{}] },
  {
    plugins: [
      {
        name: 'mutation',
        enforce: 'pre',
        transform: (code, id) =>
          mutant !== undefined && id === resolve(mutant.file) ? mutated(code, mutant) : undefined,
      },
    ],
  },
);
await vitest.standalone();

process.on('message', (task: MutationTask) => {
  void run(task).then(reply => process.send?.(reply));
});
process.once('disconnect', () => process.exit());
process.send?.({ failed: undefined } satisfies MutationReply);

async function run({ mutant: next, specRun: { spec, only } }: MutationTask): Promise<MutationReply> {
  for (const one of [mutant, next]) if (one !== undefined) vitest.invalidateFile(resolve(one.file));
  mutant = next;
  if (only === undefined) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(only);
  const specifications = await vitest.globTestSpecifications([spec]);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  // It tells of what ran before as well.
  const ran = new Set(specifications.map(({ moduleId }) => moduleId));
  const failed = testModules
    .filter(({ moduleId }) => ran.has(moduleId))
    .map(firstFailure)
    .find(name => name !== undefined);
  return { failed: failed ?? (unhandledErrors.length > 0 ? 'an error that nobody handles' : undefined) };
}

function firstFailure(module: TestModule): string | undefined {
  const failing = (test: TestCase): boolean => test.result().state === 'failed';
  for (const test of module.children.allTests()) if (failing(test)) return test.fullName;
  return module.state() === 'failed' ? module.moduleId : undefined;
}
