import { defineConfig } from 'vitest/config';

const conditions = ['@blockstrata/source', 'node', 'module', 'import', 'default'];

/** Tests that drive a Chromium from Node, across packages; those inside its pages are the IndexedDB package's. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.browser.ts', 'examples/**/*.browser.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
