import type { Page } from 'playwright';

// A deadline, and not a measurement: the machine may be busy.
const CRASH_TIMEOUT_MS = 120_000;

/** Kills the process of one tab, as a crash or the system's out-of-memory killer does. */
export async function killTab(tab: Page): Promise<void> {
  const crashed = tab.waitForEvent('crash', { timeout: CRASH_TIMEOUT_MS });
  const session = await tab.context().newCDPSession(tab);
  // It has no answer: who is to give it is dead.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  await tab.close();
}
