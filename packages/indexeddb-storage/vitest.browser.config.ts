import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArguments, findChromium } from './test/browser/harness/find-chromium.js';

const conditions = ['@blockstrata/source', 'module', 'browser', 'development|production', 'import', 'default'];
const inNode = ['@blockstrata/source', 'node', 'module', 'import', 'default'];
const root = import.meta.dirname;

// In a context that is off the record, strict durability means nothing: the profile is on disk.
const profile = mkdtempSync(join(tmpdir(), 'blockstrata-chromium-'));
process.once('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
const executablePath = findChromium();

// What the shared random tests are told through the environment, where there is none.
const { BLOCKSTRATA_RUNS, BLOCKSTRATA_SEED, BLOCKSTRATA_PATH } = process.env;
const randomRuns = { BLOCKSTRATA_RUNS, BLOCKSTRATA_SEED, BLOCKSTRATA_PATH };

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        resolve: {
          conditions,
          alias: { 'node:assert': join(root, 'test/browser/harness/assert-in-page.ts') },
        },
        define: { 'process.env': JSON.stringify(randomRuns) },
        // Found while tests run, they would make the page reload.
        optimizeDeps: {
          include: ['async-mutex', 'crc-32', 'fast-check', 'idb', '@noble/hashes/sha2.js'],
        },
        test: {
          name: 'in chromium',
          include: ['test/browser/in-page/**/*.browser.ts'],
          testTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
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
          // A deadline, and not a measurement: the machine may be busy.
          expect: { poll: { timeout: 30_000 } },
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        root: join(root, '../..'),
        resolve: { conditions: inNode },
        ssr: { resolve: { conditions: inNode } },
        test: {
          name: 'chromium over websocket',
          include: ['test/network/**/*.browser.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
