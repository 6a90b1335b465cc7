import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chromiumArguments, findChromium } from '../packages/indexeddb-storage/test/browser/harness/find-chromium.js';
import { runStep, type CommandLine } from './run-step.js';

/** Brings what the tests need beyond npm: a Chromium. Each way is tried only where the ones before it led nowhere. */
const WAYS: readonly { name: string; possible: () => boolean; commands: readonly CommandLine[] }[] = [
  {
    name: "playwright's download",
    possible: () => true,
    commands: [['npx', 'playwright', 'install', 'chromium']],
  },
  {
    name: "Debian's package",
    possible: () => process.getuid?.() === 0 && isDebian(),
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'],
    ],
  },
];

const START_TIMEOUT_MS = 60_000;

const found = installed();
if (found !== undefined) {
  say(`the tests will use ${found}`);
} else {
  say('no Chromium on CHROME_PATH, on the PATH or in the cache of playwright: installing one');
  const browser = await install();
  if (browser === undefined) {
    say('no way led to a Chromium. Install one and put it on the PATH, or set CHROME_PATH to it;');
    say("or leave its tests out: 'npm test -- --without-browser'");
    process.exit(1);
  }
  say(`installed; the tests will use ${browser}`);
}

async function install(): Promise<string | undefined> {
  for (const { name, possible, commands } of WAYS) {
    if (!possible()) {
      say(`${name}: not for this machine or user`);
      continue;
    }
    for (const command of commands) {
      say(`${name}: ${command.join(' ')}`);
      // A closed network fails one way, and not the next; a stale package list may still do.
      const exitCode = await runStep(command);
      if (exitCode !== 0) say(`${name}: that ended with ${exitCode}`);
    }
    const browser = installed();
    if (browser !== undefined) return browser;
  }
  return undefined;
}

/** The browser that the tests would find, if it starts: a download may lack libraries of the system. */
function installed(): string | undefined {
  let path: string;
  try {
    path = findChromium();
  } catch {
    return undefined;
  }
  const page = ['--headless', ...chromiumArguments(), '--disable-gpu', '--dump-dom', 'about:blank'];
  const { status, error, stderr } = spawnSync(path, page, { timeout: START_TIMEOUT_MS, encoding: 'utf8' });
  if (status === 0) return path;
  say(`${path} does not start: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return undefined;
}

function isDebian(): boolean {
  return existsSync('/etc/debian_version') && !/^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function say(text: string): void {
  process.stdout.write(`setup: ${text}\n`);
}
