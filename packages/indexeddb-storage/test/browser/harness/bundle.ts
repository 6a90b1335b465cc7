import { build, type BuildOptions, type Metafile } from 'esbuild';

/** What was bundled. */
export type Bundle = { readonly code: Uint8Array; readonly metafile: Metafile };

/** Bundles an entry for browsers, from the sources of the workspace. A Node import in its graph fails the build. */
export async function bundleForBrowser(entry: string | undefined, options: BuildOptions = {}): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...(entry === undefined ? {} : { entryPoints: [entry] }),
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@blockstrata/source'],
    logLevel: 'silent',
    ...options,
  });
  return { code: outputFiles![0]!.contents, metafile: metafile! };
}
