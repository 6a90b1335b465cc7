import { build, type BuildOptions } from 'esbuild';

/** How everything is bundled for browsers: from the sources of the workspace. A Node import in the graph is an error. */
export const FOR_BROWSERS = {
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  conditions: ['@blockstrata/source'],
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** Bundles an entry for browsers into one script. */
export async function bundleForBrowser(entry: string, options: BuildOptions = {}): Promise<Uint8Array> {
  const { outputFiles } = await build({ ...FOR_BROWSERS, entryPoints: [entry], ...options, write: false });
  return outputFiles[0]!.contents;
}
