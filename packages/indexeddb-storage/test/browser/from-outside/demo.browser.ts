import { mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSite, serveSite } from '../../../../../examples/browser/site.js';
import { ChromiumProcess } from '../harness/chromium-process.js';
import { killTab } from '../harness/kill-tab.js';

const SCREENSHOTS = process.env['BLOCKSTRATA_SCREENSHOTS'] ?? join(tmpdir(), 'blockstrata-demo');

let chromium: ChromiumProcess;
let site: { url: string; close(): Promise<void> };
const profile = mkdtempSync(join(tmpdir(), 'blockstrata-chromium-'));

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  site = await serveSite(await buildSite(), 0);
  chromium = await ChromiumProcess.start(profile);
});

afterAll(async () => {
  await chromium.kill();
  await site.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

async function openTab(): Promise<Page> {
  const tab = await chromium.context.newPage();
  await tab.setViewportSize({ width: 1280, height: 860 });
  await tab.goto(site.url);
  await saved(tab);
  return tab;
}

async function saved(tab: Page): Promise<void> {
  await expect.poll(() => tab.textContent('#saved')).toBe('Saved');
}

function text(tab: Page): Promise<string> {
  return tab.inputValue('#text');
}

async function sameText(...tabs: Page[]): Promise<string> {
  await Promise.all(tabs.map(saved));
  await expect.poll(async () => new Set(await Promise.all(tabs.map(text))).size).toBe(1);
  return text(tabs[0]!);
}

function alarm(tab: Page): Promise<boolean> {
  return tab.isVisible('#alarm');
}

async function revisions(tab: Page): Promise<number> {
  return Number(await tab.getAttribute('#slider', 'max'));
}

const role = (tab: Page) => tab.getAttribute('#role', 'data-role');
const shot = (tab: Page, name: string) => tab.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });

it('two tabs edit one text; its history can be seen and brought back; killed tabs and reloads lose nothing', async () => {
  const first = await openTab();
  const second = await openTab();
  expect([await role(first), await role(second)]).toEqual(['owner', 'guest']);

  // Both type at once, one at the start and one at the end.
  const before = await revisions(first);
  await first.focus('#text');
  await first.keyboard.press('Control+Home');
  await second.focus('#text');
  await second.keyboard.press('Control+End');
  await Promise.all([
    first.keyboard.type('Written in the first tab.\n', { delay: 10 }),
    second.keyboard.type('\n\nAnd in the second: 😀 ünïcödé', { delay: 10 }),
  ]);
  const both = await sameText(first, second);
  expect(both).toMatch(/^Written in the first tab\.\n[^]*\n\nAnd in the second: 😀 ünïcödé$/);
  // 26 keystrokes in one tab and 30 in the other: each is a revision.
  await expect.poll(() => revisions(first)).toBe(before + 26 + 30);
  await expect.poll(() => first.textContent('#revisions')).toBe(String(before + 26 + 30));
  expect([await alarm(first), await alarm(second)]).toEqual([false, false]);
  await shot(first, 'owner');
  await shot(second, 'guest');

  // The slider, by keyboard: to the first revision, and a step forward.
  await second.focus('#slider');
  await second.keyboard.press('Home');
  await expect.poll(() => second.textContent('#revision')).toContain('Revision 1 of');
  await expect.poll(() => text(second)).toMatch(/^Blocks and strata/);
  await second.keyboard.press('ArrowRight');
  await expect.poll(() => second.textContent('#revision')).toContain('Revision 2 of');
  expect(await second.getAttribute('#text', 'readonly')).not.toBeNull();
  await second.keyboard.press('Home');
  await expect.poll(() => second.textContent('#revision')).toContain('Revision 1 of');
  await shot(second, 'past');

  // What was is brought back as a new revision, in both tabs.
  await second.keyboard.press('Tab');
  await second.keyboard.press('Enter');
  expect(await sameText(first, second)).toMatch(/^Blocks and strata[^]*as it was\.$/);

  // The tab that has the store is killed while the other types: the other takes over, and loses no keystroke.
  await second.focus('#text');
  await second.keyboard.press('Control+End');
  const typing = second.keyboard.type(' Typed while the owner is killed.', { delay: 15 });
  await killTab(first);
  await typing;
  await expect.poll(() => role(second)).toBe('owner');
  await saved(second);
  expect(await text(second)).toMatch(/Typed while the owner is killed\.$/);
  const third = await openTab();
  expect(await role(third)).toBe('guest');
  expect(await sameText(second, third)).toMatch(/Typed while the owner is killed\.$/);

  // A reload of the owner hands the store on; a killed browser starts where it was.
  await second.reload();
  await expect.poll(() => role(third)).toBe('owner');
  const kept = await sameText(second, third);
  const last = await revisions(third);
  await chromium.kill();
  chromium = await ChromiumProcess.start(profile);
  const fourth = await openTab();
  expect(await text(fourth)).toBe(kept);
  expect(await revisions(fourth)).toBe(last);
  await expect.poll(() => fourth.textContent('#revisions')).toBe(String(last));
  await fourth.emulateMedia({ colorScheme: 'dark' });
  await shot(fourth, 'dark');
  await fourth.setViewportSize({ width: 390, height: 1600 });
  expect(await fourth.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await shot(fourth, 'narrow');

  // A text that was emptied is a revision like any other, and says where the rest is.
  await fourth.setViewportSize({ width: 1280, height: 860 });
  await fourth.emulateMedia({ colorScheme: 'light' });
  await fourth.fill('#text', '');
  await saved(fourth);
  await expect.poll(() => revisions(fourth)).toBe(last + 1);
  await expect.poll(() => fourth.textContent('#revisions')).toBe(String(last + 1));
  expect(await text(fourth)).toBe('');
  expect(await fourth.locator('tr.deleted').count()).toBeGreaterThan(0);
  await fourth.keyboard.press('Tab');
  await fourth.keyboard.press('ArrowLeft');
  await expect.poll(() => text(fourth)).toBe(kept);
  await fourth.keyboard.press('End');
  await expect.poll(() => text(fourth)).toBe('');
  await shot(fourth, 'empty');
});
