import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { chromium, type Browser, type BrowserContext } from 'playwright';
import { chromiumArguments, findChromium } from './find-chromium.js';

const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 10_000;
const END_POLL_MS = 5;

const ARGUMENTS = [
  '--headless=new',
  // connectOverCDP never ends where a page that is there already does not answer (Playwright's issue 42730).
  '--no-startup-window',
  '--remote-debugging-port=0',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
];

/** A real Chromium on a profile on disk, as a process of its own that can be killed like any other. */
export class ChromiumProcess {
  readonly #process: ChildProcess;
  readonly #browser: Browser;

  private constructor(process: ChildProcess, browser: Browser) {
    this.#process = process;
    this.#browser = browser;
  }

  /** Starts a browser on the profile in `directory`. */
  static async start(directory: string): Promise<ChromiumProcess> {
    // A group of its own, so that its children end with it.
    const child = spawn(findChromium(), [...ARGUMENTS, ...chromiumArguments(), `--user-data-dir=${directory}`], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // A test run that ends early must leave none behind.
    const killAtExit = () => killGroup(child);
    process.once('exit', killAtExit);
    child.once('exit', () => process.off('exit', killAtExit));
    try {
      return new ChromiumProcess(child, await chromium.connectOverCDP(await debuggerUrl(child)));
    } catch (error) {
      killGroup(child);
      throw error;
    }
  }

  /** The one context of the browser, whose data is on disk. */
  get context(): BrowserContext {
    return this.#browser.contexts()[0]!;
  }

  /** Kills the browser and all of its tabs at once, as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    killGroup(this.#process);
    await exited;
    await groupGone(this.#process);
    await this.#browser.close().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function debuggerUrl(process: ChildProcess): Promise<string> {
  const lines = createInterface({ input: process.stderr! });
  const seen: string[] = [];
  const found = new Promise<string>((resolve, reject) => {
    lines.on('line', line => {
      seen.push(line);
      const url = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    const fail = (what: string) => reject(new TypeError(`Chromium ${what}:\n${seen.join('\n')}`));
    process.once('error', error => fail(error.message));
    process.once('exit', code => fail(`ended with ${code}`));
    const overdue = () => fail('did not start in time');
    setTimeout(START_TIMEOUT_MS, undefined, { ref: false }).then(overdue, overdue);
  });
  return found;
}

// A Chromium that starts while one of the old processes still holds the lock of a database deletes that database.
async function groupGone(child: ChildProcess): Promise<void> {
  const deadline = Date.now() + END_TIMEOUT_MS;
  while (killGroup(child)) {
    if (Date.now() > deadline) throw new TypeError('Chromium did not end in time');
    await setTimeout(END_POLL_MS);
  }
}

/** Whether there was anything left to kill. */
function killGroup({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 'SIGKILL');
  } catch {
    return false;
  }
}
