import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { FOR_BROWSERS } from './browser/harness/bundle.js';
import { BUNDLES, EVERYTHING, measureBundle, type BundleName } from './bundle/measure-bundles.js';

/** What a page may have to load, whatever it uses of the three packages: minified, gzipped, dependencies included. */
const GZIPPED_BYTES_MAX = 45_000;

describe('what an application bundles for browsers', () => {
  it.each(Object.keys(BUNDLES) as BundleName[])('%s: imports nothing of Node, and evaluates no text', async name => {
    const { start, later } = await measureBundle(name);
    for (const { code } of [start, later]) {
      expect(code).not.toMatch(/(?:from|import|require)\s*\(?\s*["'](?:node:|fs|crypto|zlib|buffer)/);
      expect(code).not.toMatch(/\beval\s*\(|\bFunction\s*\(/);
    }
  });

  it('fails to bundle where something of Node is imported, so the test above would notice', async () => {
    const stdin = { contents: `export { readFileSync } from 'node:fs';`, resolveDir: import.meta.dirname };
    await expect(build({ ...FOR_BROWSERS, stdin })).rejects.toThrow(/node:fs/);
  });

  it(`every export, with verify and recover, is less than ${GZIPPED_BYTES_MAX / 1000} kB in one file, gzipped`, async () => {
    const { start, later } = await measureBundle(EVERYTHING, false);
    expect(later.bytes).toBe(0);
    expect(start.gzippedBytes).toBeLessThan(GZIPPED_BYTES_MAX);
  });

  it('a page that never calls verify or recover does not load them', async () => {
    const { start, later } = await measureBundle('what a page needs to have a repository on IndexedDB');
    expect(later.gzippedBytes).toBeGreaterThan(0);
    expect(start.gzippedBytes).toBeLessThan((await measureBundle(EVERYTHING, false)).start.gzippedBytes);
  });
});
