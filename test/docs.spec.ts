import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { format, promisify } from 'node:util';
import { DEFAULT_LIMITS } from '@blockstrata/db-core';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_NETWORK_LIMITS } from '@blockstrata/db-p2p';
import { commentedBlocks, fencedBlocks, promisedOutput, type CodeBlock } from './project/code-blocks.js';
import { filesBelow, PACKAGES, ROOT, type SourceFile } from './project/sources.js';

const run = promisify(execFile);

const documents: readonly SourceFile[] = [
  ...filesBelow('.', '.md').filter(({ path }) => !path.includes('/')),
  ...filesBelow('docs', '.md'),
  ...PACKAGES.flatMap(name => filesBelow(`packages/${name}`, 'README.md')),
];
const sources = PACKAGES.flatMap(name => filesBelow(`packages/${name}/src`, '.ts'));
const examples = [...documents.flatMap(each => fencedBlocks(each, 'ts')), ...sources.flatMap(commentedBlocks)];
const sessions = documents
  .map(each => ({
    path: each.path,
    blocks: fencedBlocks(each, 'sh').filter(({ code }) => /\bblockstrata\b/.test(code)),
  }))
  .filter(({ blocks }) => blocks.length > 0);

const RUN_TIMEOUT_MS = 180_000;

// Inside the project, so that packages are found by their names; one for each process, as two may run at once.
const workshop = join(ROOT, 'test', '.examples', String(process.pid));
const scratch = mkdtempSync(join(tmpdir(), 'blockstrata-docs-'));

beforeAll(() => {
  rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop, { recursive: true });
  examples.forEach((example, i) => writeFileSync(fileOf(i), runnable(example, join(scratch, `store-${i}`))));
});

afterAll(() => {
  rmSync(workshop, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

describe('what documents say', () => {
  it('links to files that are there', () => {
    const broken = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
        .map(([, target]) => target ?? '')
        .filter(target => !existsSync(join(ROOT, dirname(path), target)))
        .map(target => `${path} links to ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('has every limit, with the number that the code has', () => {
    const [stores = '', network = ''] = documentNamed('docs/limits.md').split('## The network');
    expect(tabledNumbers(stores)).toEqual({ ...DEFAULT_LIMITS });
    expect(tabledNumbers(network)).toEqual({ ...DEFAULT_NETWORK_LIMITS });
  });

  it('has every code that an error can carry, and every invariant', () => {
    const declared = readFileSync(join(ROOT, 'packages/db-core/src/errors.ts'), 'utf8').split('export class')[0] ?? '';
    const codes = [...declared.matchAll(/\| '([a-z-]+)'/g)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter(code => !documentNamed('README.md').includes(`| \`${code}\` |`))).toEqual([]);
    for (let i = 1; i <= 13; i++) expect(documentNamed('ARCHITECTURE.md')).toContain(`**INV-${i}**`);
  });
});

describe('the examples in documents and comments', () => {
  it('are there, and pass the compiler', () => {
    expect(examples.length).toBeGreaterThan(5);
    expect(compilerErrors(examples.map((_, i) => fileOf(i)))).toEqual([]);
  }, 120_000);

  it.each(examples.map((example, i) => ({ ...example, i })))(
    '$path:$line does what it says',
    async example => {
      const stdout = await outputOf(example, fileOf(example.i));
      const promised = promisedOutput(example);
      if (promised !== undefined) expect(stdout).toBe(promised);
    },
    RUN_TIMEOUT_MS,
  );
});

describe('the command lines in documents', () => {
  it.each(sessions)(
    'of $path run, one after the other, in a repository',
    async ({ path, blocks }) => {
      const home = mkdtempSync(join(scratch, 'session-'));
      const bin = join(home, 'bin');
      mkdirSync(bin);
      for (const [name, script] of [
        [
          'blockstrata',
          `exec ${[process.execPath, ...nodeArguments(), join(ROOT, 'packages/cli/src/main.ts')].map(quoted).join(' ')} "$@"`,
        ],
        ['npx', 'exec "$@"'],
      ] as const) {
        writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
        chmodSync(join(bin, name), 0o755);
      }
      const repository = await sampleCheckout(home);
      for (const { code, line } of blocks) {
        const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', code], {
          cwd: repository,
          env,
          timeout: RUN_TIMEOUT_MS,
        });
        if (code.includes('--verify all')) expect(stdout, `${path}:${line}`).toMatch(/^verified ([1-9]\d*) of \1$/m);
      }
    },
    3 * RUN_TIMEOUT_MS,
  );
});

/** A repository with a README.md of several revisions. */
async function sampleCheckout(home: string): Promise<string> {
  const checkout = join(home, 'checkout');
  const git = ['-C', checkout, '-c', 'user.name=A', '-c', 'user.email=a@example.com'];
  await run('git', ['init', '-q', checkout]);
  for (const text of ['one', 'two', 'three', 'four']) {
    writeFileSync(join(checkout, 'README.md'), `${text}\n`);
    await run('git', [...git, 'add', '.']);
    await run('git', [...git, 'commit', '-q', '-m', text]);
  }
  return checkout;
}

/** What an example prints. One that uses the test runner of Node gets a process of its own. */
async function outputOf({ code }: CodeBlock, file: string): Promise<string> {
  if (code.includes('node:test')) {
    return (await run(process.execPath, [...nodeArguments(), file], { timeout: RUN_TIMEOUT_MS })).stdout;
  }
  let printed = '';
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void (printed += `${format(...values)}\n`));
  try {
    await import(file);
    return printed;
  } finally {
    log.mockRestore();
  }
}

function documentNamed(path: string): string {
  return documents.find(each => each.path === path)?.text ?? '';
}

/** The rows `| \`name\` | number | …` of tables; `4 MiB` and `10 000` are numbers, too. */
function tabledNumbers(text: string): Record<string, number> {
  const rows = [...text.matchAll(/^\| `(\w+)` \| ([\d ]+)(KiB|MiB)? *\|/gm)];
  const units: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024 };
  return Object.fromEntries(
    rows.map(([, name = '', digits = '', unit = '']): [string, number] => [
      name,
      Number(digits.replaceAll(' ', '')) * (units[unit] ?? 1),
    ]),
  );
}

function fileOf(i: number): string {
  return join(workshop, `example-${i}.mts`);
}

// What an example in a comment may leave out, since the reader sees where it stands.
const PRELUDE: readonly (readonly [module: string, names: readonly string[]])[] = [
  ['@blockstrata/db-core', ['applyTransform', 'Latches']],
  ['@blockstrata/db-p2p/storage', ['BlockStorage', 'MemoryRawStorage', 'RawStorage', 'StorageRepo']],
  ['@blockstrata/file-storage', ['FileRawStorage']],
  ['@blockstrata/leveldb-storage', ['LevelDBDriver', 'LevelDBRawStorage']],
  ['@blockstrata/indexeddb-storage', ['IndexedDBRawStorage']],
];

function runnable({ code }: CodeBlock, store: string): string {
  const imported = (name: string) => new RegExp(`import [^;]*\\b${name}\\b[^;]*from`).test(code);
  const missing = PRELUDE.flatMap(([module, names]) => {
    const used = names.filter(name => new RegExp(`\\b${name}\\b`).test(code) && !imported(name));
    return used.length === 0 ? [] : [`import { ${used.join(', ')} } from '${module}';`];
  });
  const browser = code.includes('IndexedDB') ? ["import 'fake-indexeddb/auto';"] : [];
  return [
    ...browser,
    ...missing,
    code.replaceAll(/'(?:\/path\/to|\/var\/lib)\/[^']*'/g, `'${store}'`),
    'export {};',
    '',
  ].join('\n');
}

function compilerErrors(files: readonly string[]): string[] {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.test.json'), path => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const program = ts.createProgram([...files], { ...options, noUnusedLocals: false, noUnusedParameters: false });
  return files.flatMap((file, i) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
      ...program.getSemanticDiagnostics(program.getSourceFile(file)),
    ].map(
      ({ messageText }) =>
        `${examples[i]?.path}:${examples[i]?.line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
  );
}

function nodeArguments(): string[] {
  return ['--conditions=@blockstrata/source', '--import', import.meta.resolve('tsx')];
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
