import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArguments, findChromium } from './test/browser/harness/find-chromium.js';

const conditions = ['@blockstrata/source', 'module', 'browser', 'development|production', 'import', 'default'];
const root = import.meta.dirname;

// In a context that is off the record, strict durability means nothing: the profile is on disk.
const profile = mkdtempSync(join(tmpdir(), 'blockstrata-chromium-'));
const executablePath = findChromium();

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        resolve: { conditions },
        test: {
          name: 'in chromium',
          include: ['test/browser/in-page/**/*.browser.ts'],
          testTimeout: 60_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              persistentContext: profile,
              launchOptions: { executablePath, args: chromiumArguments() },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        root,
        test: {
          name: 'around chromium',
          include: ['test/browser/from-outside/**/*.browser.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
