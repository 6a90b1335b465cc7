import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { FOR_BROWSERS } from '../browser/harness/bundle.js';

const APPLICATION = `
  import { BlockStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
  import { IndexedDBRawStorage } from '@blockstrata/indexeddb-storage';
  globalThis.used = [BlockStorage, StorageRepo, IndexedDBRawStorage];
`;

/** What is bundled. */
export const BUNDLES = {
  'db-core, every export': `export * from '@blockstrata/db-core';`,
  'db-core + db-p2p/storage, every export': `
    export * as core from '@blockstrata/db-core';
    export * as storage from '@blockstrata/db-p2p/storage';
  `,
  'db-core + db-p2p/storage + indexeddb-storage, every export': `
    export * as core from '@blockstrata/db-core';
    export * as storage from '@blockstrata/db-p2p/storage';
    export * as indexeddb from '@blockstrata/indexeddb-storage';
  `,
  'what a page needs to have a repository on IndexedDB': APPLICATION,
} as const;

/** The name of a bundle. */
export type BundleName = keyof typeof BUNDLES;

/** The bundle that leaves nothing out. */
export const EVERYTHING: BundleName = 'db-core + db-p2p/storage + indexeddb-storage, every export';

/** A part of a bundle, minified, with everything that it depends on. */
export type BundlePart = { readonly code: string; readonly bytes: number; readonly gzippedBytes: number };

/** A bundle: what a page loads at its start, and what it loads only when `verify` or `recover` is called. */
export type MeasuredBundle = {
  readonly start: BundlePart;
  readonly later: BundlePart;
  /** Bytes at the start by where they come from: a dependency, or one of our packages. */
  readonly byPackage: ReadonlyMap<string, number>;
};

/**
 * Bundles for browsers as an application does, and weighs what comes out. A Node import is an error.
 *
 * @param splitting `false`: one file, so that nothing is left for later.
 */
export async function measureBundle(name: BundleName, splitting = true): Promise<MeasuredBundle> {
  const { outputFiles, metafile } = await build({
    ...FOR_BROWSERS,
    stdin: { contents: BUNDLES[name], resolveDir: import.meta.dirname, loader: 'js' },
    minify: true,
    legalComments: 'none',
    splitting,
    outdir: '/bundle',
    absWorkingDir: '/',
  });
  const atStart = loadedAtStart(metafile);
  const part = (wanted: boolean): BundlePart => {
    const files = outputFiles.filter(({ path }) => atStart.has(path.slice(1)) === wanted);
    return {
      code: files.map(({ text }) => text).join('\n'),
      bytes: files.reduce((sum, { contents }) => sum + contents.length, 0),
      gzippedBytes: files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0),
    };
  };
  return { start: part(true), later: part(false), byPackage: byPackage(metafile, atStart) };
}

function loadedAtStart({ outputs }: Metafile): Set<string> {
  const waiting = Object.keys(outputs).filter(path => outputs[path]!.entryPoint === '<stdin>');
  const loaded = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    for (const { kind, path: imported } of outputs[path]!.imports) {
      if (kind === 'import-statement') waiting.push(imported);
    }
  }
  return loaded;
}

function byPackage({ outputs }: Metafile, atStart: ReadonlySet<string>): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const path of atStart) {
    for (const [input, { bytesInOutput }] of Object.entries(outputs[path]!.inputs)) {
      const from = packageOf(input);
      bytes.set(from, (bytes.get(from) ?? 0) + bytesInOutput);
    }
  }
  return bytes;
}

function packageOf(path: string): string {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1];
  return dependency ?? /packages\/([^/]+)\//.exec(path)?.[1] ?? 'the entry itself';
}
