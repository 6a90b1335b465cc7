import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killTab } from '../harness/kill-tab.js';
import { Tabs } from '../harness/tabs.js';
import { RUNS_FACTOR } from '../../../../../test/random-runs.js';
import { seeded } from './random.js';

const KILLS = Math.ceil(10 * RUNS_FACTOR);
const SEED = Number(process.env['BLOCKSTRATA_SEED'] ?? 1);
const WRITERS = 4;
const TIMEOUT_MS = 60_000 + KILLS * 60_000;

let tabs: Tabs;
beforeAll(async () => {
  tabs = await Tabs.start();
});
afterAll(() => tabs[Symbol.asyncDispose]());

/** Counts what is lost and torn, against what was acknowledged out here. */
async function check(tab: Page): Promise<{ lost: number; torn: number; pendings: number; last: number[] }> {
  const states = await tab.evaluate(writers => page.inspect(writers), WRITERS);
  let lost = 0;
  let torn = 0;
  states.forEach(({ last, marks }, writer) => {
    lost += Math.max(0, (tabs.acknowledged.get(writer) ?? 0) - last);
    const expected = new Set(Array.from({ length: last }, (_, i) => i + 1));
    torn += marks.filter(mark => !expected.delete(mark)).length + expected.size;
  });
  const pendings = states.reduce((sum, state) => sum + state.pendings, 0);
  return { lost, torn, pendings, last: states.map(state => state.last) };
}

async function writingTab(): Promise<Page> {
  const tab = await tabs.open();
  expect(await tab.evaluate(() => page.open('kills', { wait: true }))).toBeUndefined();
  return tab;
}

/** Kills again and again while writers write; after each kill the next tab must find everything. */
async function killRounds(kill: (tab: Page) => Promise<void>, what: string): Promise<void> {
  const random = seeded(SEED);
  const totals = { kills: 0, acknowledged: 0, lost: 0, torn: 0, inFlight: 0 };
  for (; totals.kills < KILLS; totals.kills++) {
    const tab = await writingTab();
    const heard = tabs.heard(1 + random(60));
    await tab.evaluate(writers => page.write(writers), WRITERS);
    await heard;
    await kill(tab);
    const next = await writingTab();
    const { lost, torn, pendings, last } = await check(next);
    expect(await next.evaluate(() => page.violations())).toEqual([]);
    totals.lost += lost;
    totals.torn += torn;
    if (pendings > 0) totals.inFlight++;
    totals.acknowledged = last.reduce((sum, count) => sum + count, 0);
    expect(await next.evaluate(() => page.close())).toBeUndefined();
    await next.close();
  }
  console.log(
    `${what}: ${totals.kills} kills (seed ${SEED}), ${totals.acknowledged} transactions, ` +
      `${totals.lost} acknowledged lost, ${totals.torn} torn, ${totals.inFlight} kills between a pend and its commit`,
  );
  expect(totals).toMatchObject({ lost: 0, torn: 0 });
}

describe('acknowledged transactions (INV-1, INV-2)', () => {
  it(`are all there, and whole, after each of ${KILLS} killed tabs`, () => killRounds(killTab, 'tabs'), TIMEOUT_MS);

  it(
    `are all there, and whole, after each of ${KILLS} killed browsers`,
    () => killRounds(() => tabs.killBrowser(), 'browsers'),
    TIMEOUT_MS,
  );
});
