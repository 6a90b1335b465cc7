import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Tabs } from '../harness/tabs.js';

let tabs: Tabs;
beforeEach(async () => {
  tabs = await Tabs.start();
});
afterEach(() => tabs[Symbol.asyncDispose]());

async function owner(name: string): Promise<Page> {
  const tab = await tabs.open();
  expect(await tab.evaluate(store => page.open(store), name)).toBeUndefined();
  return tab;
}

async function stopped(tab: Page): Promise<void> {
  await tab.evaluate(() => page.stop());
  expect(await tab.evaluate(() => page.failures())).toEqual({ vanished: [] });
}

describe('a connection that the browser closes', () => {
  it('is opened again by the next operation, and no write is lost or doubled (INV-1)', async () => {
    const tab = await owner('closed');
    const internals = await (await tabs.browser()).context.newPage();
    for (let round = 0; round < 5; round++) {
      const before = tabs.heard(20);
      await tab.evaluate(() => page.write(4));
      await before;
      await internals.goto('chrome://indexeddb-internals/');
      await internals.locator('text=Force close').first().click();
      await tabs.heard(50);
      await stopped(tab);
    }
    const states = await tab.evaluate(() => page.inspect(4));
    states.forEach(({ last, marks }, writer) => {
      expect(last).toBeGreaterThanOrEqual(tabs.acknowledged.get(writer)!);
      expect(marks).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    });
    expect(await tab.evaluate(() => page.violations())).toEqual([]);
  });

  it('because its data was cleared is a store that vanished, and is not made anew', async () => {
    const tab = await owner('cleared');
    const heard = tabs.heard(20);
    await tab.evaluate(() => page.write(4));
    await heard;
    const session = await tab.context().newCDPSession(tab);
    const origin = new URL(tabs.url).origin;
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await tab.waitForFunction(() => page.failures().vanished.length > 0);
    const { vanished, writing } = await tab.evaluate(() => page.failures());
    expect(vanished).toEqual([expect.objectContaining({ code: 'store-vanished' })]);
    expect(writing?.code).toMatch(/^store-(vanished|poisoned)$/);
    expect(await tab.evaluate(() => page.databases())).toEqual([]);
  });
});

describe('a database that another has taken the place of while its connection was closed', () => {
  it('is a store that vanished, and the other one is left as it is', async () => {
    const tab = await owner('replaced');
    expect(await tab.evaluate(() => page.commitBlock('mine', 1, 1_000))).toBeUndefined();
    const internals = await (await tabs.browser()).context.newPage();
    await internals.goto('chrome://indexeddb-internals/');
    await internals.locator('text=Force close').first().click();
    const other = await tabs.open();
    await other.evaluate(() => page.deleteDatabase('replaced'));
    await other.evaluate(() => page.makeEmptyStore('replaced'));
    expect(await tab.evaluate(() => page.commitBlock('mine', 2, 1_000))).toMatchObject({ code: 'store-vanished' });
    expect(await tab.evaluate(() => page.failures())).toMatchObject({ vanished: [{ code: 'store-vanished' }] });
    expect(await other.evaluate(() => page.recordCount('replaced'))).toBe(1);
  });
});

describe('versionchange', () => {
  it('lets another tab delete the database at once; the owner says so, and does not make it anew', async () => {
    const tab = await owner('deleted');
    const other = await tabs.open();
    const heard = tabs.heard(20);
    await tab.evaluate(() => page.write(4));
    await heard;
    await other.evaluate(() => page.deleteDatabase('deleted'));
    await tab.waitForFunction(() => page.failures().vanished.length > 0);
    expect(await tab.evaluate(() => page.failures())).toMatchObject({ vanished: [{ code: 'store-vanished' }] });
    expect(await other.evaluate(() => page.databases())).toEqual([]);
    expect(await other.evaluate(() => page.open('deleted'))).toMatchObject({ code: 'store-locked' });
    expect(await tab.evaluate(() => page.close())).toBeUndefined();
    expect(await other.evaluate(() => page.open('deleted'))).toBeUndefined();
  });
});

describe('a quota that is met', () => {
  it('is a typed error that has written nothing; reads go on, and writes do once there is room', async () => {
    const tab = await tabs.open();
    const session = await tab.context().newCDPSession(tab);
    const origin = new URL(tabs.url).origin;
    // Chromium remembers for a while how much room an open database has: the quota comes first.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 12 * 2 ** 20 });
    expect(await tab.evaluate(() => page.open('quota'))).toBeUndefined();
    expect(await tab.evaluate(() => page.fillOther(8 * 2 ** 20))).toBeUndefined();
    expect(await tab.evaluate(() => page.commitBlock('first', 1, 100_000))).toBeUndefined();
    let committed = 0;
    let failure = undefined;
    while (failure === undefined && committed < 40) {
      failure = await tab.evaluate(n => page.commitBlock(`block-${n}`, 1, 500_000), committed);
      if (failure === undefined) committed++;
    }
    expect(failure).toMatchObject({
      name: 'QuotaExceededError',
      code: 'quota-exceeded',
      outcome: 'nothing-written',
      usageBytes: expect.any(Number) as number,
      quotaBytes: expect.any(Number) as number,
    });
    expect(committed).toBeGreaterThan(0);
    expect(await tab.evaluate(() => page.contentBytes('first'))).toBe(100_000);
    expect(await tab.evaluate(n => page.contentBytes(`block-${n}`), committed)).toBeUndefined();
    await tab.evaluate(() => page.deleteDatabase('other'));
    await expect
      .poll(() => tab.evaluate(n => page.commitBlock(`block-${n}`, 1, 500_000), committed), { timeout: 20_000 })
      .toBeUndefined();
    expect(await tab.evaluate(n => page.contentBytes(`block-${n}`), committed)).toBe(500_000);
    expect(await tab.evaluate(() => page.violations())).toEqual([]);
    expect(await tab.evaluate(() => page.size())).toBeGreaterThan(500_000);
  });
});
