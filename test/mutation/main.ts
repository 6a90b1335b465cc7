import { Command, InvalidArgumentError } from 'commander';
import { seededRandom } from '../simulation/seeded-random.js';
import { filesOf } from './area-mutants.js';
import { AREAS, specsOf, type Area, type SpecRun } from './areas.js';
import { Hunter, type Verdict } from './hunter.js';
import type { Mutant, MutantNumber } from './mutant.js';

/** Changes the code in one small way after the other, and tells which changes no test notices. */

const command = new Command('test:mutation')
  .description('Mutate the code, and print what no test reaches and what no test notices.')
  .option('--area <name>', AREAS.map(({ name }) => name).join(' · '))
  .option('--at <place>', 'only mutants whose file:line contains this')
  .option('--sample <n>', 'only so many mutants of each area', positive)
  .option('--seed <n>', 'decides the sample', positive, 1)
  .parse();
type Options = { area?: string; at?: string; sample?: number; seed: number };
const { area: only, at = '', sample, seed } = command.opts<Options>();

const scores: string[] = [];
for (const area of AREAS.filter(({ name }) => only === undefined || name === only)) {
  const score = await mutate(area);
  if (score !== undefined) scores.push(score);
}
if (scores.length === 0) command.error('there is no such area, or no mutant at such a place');
process.stdout.write(`\n${scores.join('\n')}\n`);

/** `undefined`: there is nothing to try. */
async function mutate(area: Area): Promise<string | undefined> {
  const all = filesOf(area).flatMap(({ mutants }) => mutants);
  const alive = new Set(chosen(all));
  const tried = alive.size;
  if (tried === 0) return undefined;
  const byTests = new Set<MutantNumber>();
  const atLoading = new Map<SpecRun, ReadonlySet<MutantNumber>>();
  let slow = 0;
  const onVerdict = (number: MutantNumber, verdict: Verdict) => {
    if (verdict === undefined) return;
    alive.delete(number);
    if (verdict.isSlow) slow++;
    print(verdict.isSlow ? 'slow     ' : 'caught   ', all[number], ` (${verdict.by})`);
  };

  const hunter = new Hunter(area.name);
  for (const specRun of specsOf(area)) {
    await hunter.try(specRun, [...alive], false, {
      onReached: (reached, loading) => {
        for (const number of reached) byTests.add(number);
        atLoading.set(specRun, new Set(loading));
      },
      onVerdict,
    });
    process.stdout.write(`${alive.size} of ${tried} left after ${specRun.spec}\n`);
  }
  const loaded = new Set([...atLoading.values()].flatMap(numbers => [...numbers]));
  const unreached = [...alive].filter(number => !byTests.has(number) && !loaded.has(number));
  for (const number of unreached) print('UNREACHED', all[number]);
  for (const [specRun, numbers] of atLoading) {
    if (specRun.isLong) continue;
    for (const number of [...alive].filter(each => numbers.has(each)))
      await hunter.try(specRun, [number], true, { onReached: () => {}, onVerdict });
  }
  hunter.close();

  const survived = [...alive].filter(number => !unreached.includes(number));
  for (const number of survived) print('SURVIVED ', all[number]);
  const noticed = tried - alive.size;
  return (
    `${area.name}: ${((100 * noticed) / tried).toFixed(1)} % noticed: ${noticed} of ${tried} (${slow} by a deadline); ` +
    `${survived.length} survived, ${unreached.length} reached by no test`
  );
}

function chosen(all: readonly Mutant[]): MutantNumber[] {
  const random = seededRandom(seed);
  return [...all.entries()]
    .filter(([, { file, line }]) => `${file}:${line}`.includes(at))
    .map(([number]) => ({ number, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, sample)
    .map(({ number }) => number)
    .toSorted((a, b) => a - b);
}

function print(what: string, mutant: Mutant | undefined, more = ''): void {
  if (mutant !== undefined) process.stdout.write(`${what} ${mutant.file}:${mutant.line}: ${mutant.change}${more}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}
