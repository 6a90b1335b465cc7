import type { Page } from 'playwright';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killTab } from '../harness/kill-tab.js';
import { Tabs } from '../harness/tabs.js';

let tabs: Tabs;
beforeEach(async () => {
  tabs = await Tabs.start();
});
afterEach(() => tabs[Symbol.asyncDispose]());

it('four tabs have one owner at a time, and the next takes over when it is killed (INV-10)', async () => {
  const [first, refused, ...waiting] = await Promise.all([tabs.open(), tabs.open(), tabs.open(), tabs.open()]);
  expect(await first.evaluate(() => page.open('shared'))).toBeUndefined();
  expect(await refused.evaluate(() => page.open('shared'))).toMatchObject({
    name: 'StoreLockedError',
    code: 'store-locked',
  });
  const openings = new Map<Page, Promise<unknown>>();
  for (const tab of [refused, ...waiting]) {
    openings.set(
      tab,
      tab.evaluate(() => page.open('shared', { wait: true })).catch(() => undefined),
    );
  }
  let owner = first;
  for (;;) {
    const heard = tabs.heard(30);
    await owner.evaluate(() => page.write(4));
    await heard;
    if (openings.size === 0) break;
    await killTab(owner);
    owner = await Promise.race([...openings].map(async ([tab, opening]) => (await opening, tab)));
    openings.delete(owner);
  }
  await owner.evaluate(() => page.stop());
  const states = await owner.evaluate(() => page.inspect(4));
  states.forEach(({ last, marks }, writer) => {
    expect(last).toBeGreaterThanOrEqual(tabs.acknowledged.get(writer)!);
    expect(marks).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  });
});
