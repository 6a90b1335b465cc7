import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { createVitest } from 'vitest/node';
import { filesOf } from './area-mutants.js';
import { AREAS } from './areas.js';
import { instrument } from './instrument.js';
import { CHANNEL, type HuntReport, type HuntTask } from './messages.js';

/** Keeps a Vitest ready whose code of one area has all mutants in it, and runs one spec after another. */

const HOOK_MS_MAX = 5000;

const area = AREAS.find(({ name }) => name === process.argv[2]);
if (area === undefined) throw new TypeError(`there is no area ${process.argv[2] ?? ''}`);
const files = new Map(filesOf(area).map(file => [resolve(file.path), file]));

const vitest = await createVitest(
  'test',
  {
    watch: false,
    maxWorkers: 1,
    pool: 'threads',
    reporters: [{}],
    runner: fileURLToPath(new URL('vitest-runner.ts', import.meta.url)),
    hookTimeout: HOOK_MS_MAX,
  },
  {
    plugins: [
      {
        name: 'mutation',
        enforce: 'pre',
        transform: (code, id) => {
          const file = files.get(id);
          return file === undefined ? undefined : instrument(code, file.mutants, file.first);
        },
      },
    ],
  },
);
await vitest.standalone();

const channel = new BroadcastChannel(CHANNEL);
channel.onmessage = ({ data }: { data: HuntReport }) => tell(data);
process.on('message', (task: HuntTask) => void run(task));
process.once('disconnect', () => process.exit());
tell({ type: 'ready' });

async function run(task: HuntTask): Promise<void> {
  const { spec, only } = task.specRun;
  if (only === undefined) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(only);
  vitest.provide('huntTask', task);
  const specifications = await vitest.globTestSpecifications([spec]);
  const { testModules } = await vitest.runTestSpecifications(specifications);
  // It tells of what ran before as well.
  const ran = new Set(specifications.map(({ moduleId }) => moduleId));
  const broken = testModules.find(module => ran.has(module.moduleId) && module.state() === 'failed');
  if (broken !== undefined && !task.fromTheStart) tell({ type: 'broken', by: broken.moduleId });
  tell({ type: 'ready' });
}

function tell(report: HuntReport): void {
  process.send?.(report);
}
