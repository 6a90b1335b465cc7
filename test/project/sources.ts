import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's top folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the project. */
export type SourceFile = { readonly path: string; readonly text: string };

const LEFT_OUT = new Set([
  'node_modules',
  'dist',
  'coverage',
  '.git',
  '.blockstrata',
  '.blockstrata-sample',
  '.stryker-tmp',
  'reports',
]);

/** The names of the packages' folders. */
export const PACKAGES: readonly string[] = readdirSync(join(ROOT, 'packages')).sort();

/** All files below a folder whose name ends so, in order. */
export function filesBelow(folder: string, ending: string): SourceFile[] {
  return pathsBelow(join(ROOT, folder))
    .filter(path => path.endsWith(ending) && !isIgnored(path))
    .map(path => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

/** The modules that a file imports, at load time or later. */
export function importsOf({ text }: SourceFile): string[] {
  const code = text.replace(/^\s*(?:\*|\/\/).*$/gm, '');
  const found = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g);
  return [...found].map(match => match[1] ?? '');
}

function pathsBelow(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      if (LEFT_OUT.has(entry.name)) return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? pathsBelow(path) : [path];
    });
}

let ignored: ReadonlySet<string> | undefined;

/** What git is told to leave out is none of ours; outside a checkout everything is. */
function isIgnored(path: string): boolean {
  ignored ??= listIgnored();
  return ignored.has(path);
}

function listIgnored(): ReadonlySet<string> {
  try {
    const args = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard'];
    const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 28 });
    return new Set(listed.split('\0').map(path => join(ROOT, path)));
  } catch {
    return new Set();
  }
}
