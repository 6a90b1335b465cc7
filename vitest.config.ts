import { defineConfig } from 'vitest/config';
import { seededBugPlugin } from './test/seeded-bugs/plugin.js';

const conditions = ['@blockstrata/source', 'node', 'module', 'import', 'default'];

export default defineConfig({
  plugins: seededBugPlugin(),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.spec.ts', 'test/**/*.spec.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
