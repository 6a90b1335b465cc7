import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './run-step.js';

/** Packs every package as it would be published, and has publint and attw look at the tarball. */
const run = promisify(execFile);

// What a user needs: code, its types, the licence, the readme; the command's launcher.
const WANTED = /^(dist\/(?!.*\.spec\.).+\.(js|d\.ts)|bin\/[\w-]+\.js|package\.json|LICENSE|README\.md)$/;

const folder = await mkdtemp(join(tmpdir(), 'blockstrata-pack-'));
let failed = false;
try {
  for (const name of (await readdir(join(ROOT, 'packages'))).sort()) {
    const problems = await check(join(ROOT, 'packages', name));
    failed ||= problems.length > 0;
    process.stdout.write(problems.length === 0 ? `${name}: packed well\n` : `${name}:\n${problems.join('\n')}\n`);
  }
} finally {
  await rm(folder, { recursive: true });
}
if (failed) process.exit(1);

async function check(packageFolder: string): Promise<string[]> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: packageFolder,
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) return ['npm pack packed nothing'];
  const names = packed.files.map(file => file.path);
  const problems = names.filter(path => !WANTED.test(path)).map(path => `  ${path} is nothing that a user needs`);
  if (!names.includes('LICENSE') || !names.includes('README.md')) problems.push('  LICENSE or README.md is missing');
  problems.push(...(await missingTargets(packageFolder, names)));
  const tarball = join(folder, packed.filename);
  // The command is run, not imported by types, but its entry is held to the same.
  for (const [tool, args] of [
    ['publint', ['run', '--strict', tarball]],
    ['attw', ['--profile', 'esm-only', '--no-emoji', tarball]],
  ] as const) {
    const output = await complaints(tool, args);
    if (output !== undefined) problems.push(`  ${tool} complains:\n${output}`);
  }
  return problems;
}

/** Files that the manifest promises and the tarball lacks. */
async function missingTargets(packageFolder: string, names: readonly string[]): Promise<string[]> {
  const manifest = await readFile(join(packageFolder, 'package.json'), 'utf8');
  const targets = new Set(manifest.match(/\.\/(?:dist|bin)\/[^"]+/g) ?? []);
  return [...targets].filter(target => !names.includes(target.slice(2))).map(target => `  ${target} is missing`);
}

async function complaints(tool: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run('npx', ['--no-install', tool, ...args], { cwd: ROOT });
    return undefined;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trimEnd();
  }
}
