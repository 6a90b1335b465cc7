import { describe, expect, it } from 'vitest';
import { bundleForBrowser } from './browser/harness/bundle.js';
import { BUNDLES, measureBundle, type BundleName } from './bundle/measure-bundles.js';

/** What db-core, db-p2p/storage and indexeddb-storage may weigh together, minified and gzipped, dependencies included. */
const GZIPPED_BYTES_MAX = 45_000;

describe('what an application bundles for browsers', () => {
  it.each(Object.keys(BUNDLES) as BundleName[])('%s imports nothing of Node, and evaluates no text', async name => {
    const { code } = await measureBundle(name);
    expect(code).not.toMatch(/(?:from|import|require)\s*\(?\s*["'](?:node:|fs|crypto|zlib|buffer)/);
    expect(code).not.toMatch(/\beval\s*\(|new Function\s*\(|\bFunction\s*\(/);
  });

  it('fails to bundle where something of Node is imported: the proof that the test above would notice', async () => {
    const stdin = { contents: `export { readFileSync } from 'node:fs';`, resolveDir: import.meta.dirname };
    await expect(bundleForBrowser(undefined, { stdin })).rejects.toThrow(/node:fs/);
  });

  it(`all of it together weighs less than ${GZIPPED_BYTES_MAX / 1000} kB, gzipped`, async () => {
    const { gzippedBytes } = await measureBundle('db-core + db-p2p/storage + indexeddb-storage');
    expect(gzippedBytes).toBeLessThan(GZIPPED_BYTES_MAX);
  });
});
