import { existsSync, readFileSync } from 'node:fs';
import { findChromium } from '../packages/indexeddb-storage/test/browser/harness/find-chromium.js';
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

function installed(): string | undefined {
  try {
    return findChromium();
  } catch {
    return undefined;
  }
}

function isDebian(): boolean {
  return existsSync('/etc/debian_version') && !/^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function say(text: string): void {
  process.stdout.write(`setup: ${text}\n`);
}
