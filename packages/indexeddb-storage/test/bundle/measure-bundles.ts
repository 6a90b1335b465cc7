import { gzipSync } from 'node:zlib';
import { bundleForBrowser } from '../browser/harness/bundle.js';

/** What is bundled, and from which entry points, as an application would. */
export const BUNDLES = {
  'db-core': ['@blockstrata/db-core'],
  'db-core + db-p2p/storage': ['@blockstrata/db-core', '@blockstrata/db-p2p/storage'],
  'db-core + db-p2p/storage + indexeddb-storage': [
    '@blockstrata/db-core',
    '@blockstrata/db-p2p/storage',
    '@blockstrata/indexeddb-storage',
  ],
} as const;

/** The name of a bundle. */
export type BundleName = keyof typeof BUNDLES;

/** A bundle with everything that it depends on, minified. */
export type MeasuredBundle = {
  readonly name: BundleName;
  readonly code: string;
  readonly bytes: number;
  readonly gzippedBytes: number;
  /** Bytes of the minified bundle by where they come from: a package, or one of ours. */
  readonly byPackage: ReadonlyMap<string, number>;
};

/** Bundles everything that the entry points export, for browsers, and weighs it. A Node import is an error. */
export async function measureBundle(name: BundleName): Promise<MeasuredBundle> {
  const contents = BUNDLES[name].map((entry, i) => `export * as entry${i} from '${entry}';`).join('\n');
  const { code, metafile } = await bundleForBrowser(undefined, {
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'js' },
    minify: true,
    legalComments: 'none',
  });
  const byPackage = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const from = packageOf(path);
      byPackage.set(from, (byPackage.get(from) ?? 0) + bytesInOutput);
    }
  }
  return {
    name,
    code: new TextDecoder().decode(code),
    bytes: code.length,
    gzippedBytes: gzipSync(code, { level: 9 }).length,
    byPackage,
  };
}

function packageOf(path: string): string {
  return (
    /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1] ??
    /packages\/([^/]+)\//.exec(path)?.[1] ??
    'entry'
  );
}
