import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];

/** What is thrown where no browser is installed. */
export class BrowserMissingError extends Error {
  override name = 'BrowserMissingError';
}

/**
 * The Chromium to test with: what `CHROME_PATH` names, one on `PATH`, or the one that playwright has downloaded.
 *
 * @throws BrowserMissingError which names the command that installs one.
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string {
  const directories = (environment.PATH ?? '').split(delimiter).filter(directory => directory !== '');
  const candidates = [
    ...(environment.CHROME_PATH === undefined ? [] : [environment.CHROME_PATH]),
    ...NAMES.flatMap(name => directories.map(directory => join(directory, name))),
    chromium.executablePath(),
  ];
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    throw new BrowserMissingError('no Chromium was found: `npm run setup` installs one, or set CHROME_PATH to yours');
  }
  return found;
}

/** What a Chromium needs to be told to run here: root has no sandbox to give it. */
export function chromiumArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
