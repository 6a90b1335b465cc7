import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Absent } from '../harness/figure.js';

/**
 * Loads a package of bench/peers, which `npm run bench:setup` installs apart from the workspace; or says why it cannot be
 * had.
 */
export async function loadPeer<Module>(name: string): Promise<Module | Absent> {
  const root = peersDirectory();
  if (!existsSync(join(root, 'node_modules', name))) return { name, absent: 'run `npm run bench:setup`' };
  try {
    const path = createRequire(join(root, 'package.json')).resolve(name);
    return (await import(pathToFileURL(path).href)) as Module;
  } catch (error) {
    return { name, absent: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** Where package.json of the peers is: beside the sources, also for what was compiled to bench/dist. */
function peersDirectory(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return existsSync(join(here, 'package.json')) ? here : join(here, '..', '..', 'peers');
}
