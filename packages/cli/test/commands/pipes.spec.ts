import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FastImport } from '../support/fast-import.js';
import { initRepository, temporaryFolder } from '../support/git-fixture.js';
import { runCommand } from '../support/run-command.js';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const NODE = [process.execPath, '--conditions=@blockstrata/source', '--import', import.meta.resolve('tsx'), MAIN]
  .map(part => `'${part}'`)
  .join(' ');

const folder = temporaryFolder('pipes');
const store = join(folder.path, 'store');
const large = Buffer.from('a line of a large file\n'.repeat(200_000));

beforeAll(async () => {
  const repository = initRepository(join(folder.path, 'repository'));
  const history = new FastImport();
  history.commit({ branch: 'main', merges: [], files: new Map([['large.txt', { mode: '100644', content: large }]]) });
  history.write(repository);
  expect((await runCommand(['replay', repository, '--store', store])).exitCode).toBe(0);
});

afterAll(() => folder.remove());

it('a reader that goes away is no failure', () => {
  const script = `${NODE} show large.txt --store '${store}' | head -n 1; echo "code: \${PIPESTATUS[0]}"`;
  expect(execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: 'pipe' })).toBe(
    'a line of a large file\ncode: 0\n',
  );
});

it('a slow reader gets all of it', async () => {
  const child = spawn('bash', ['-c', `exec ${NODE} show large.txt --store '${store}'`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    await new Promise(resolve => setImmediate(resolve));
  }
  expect(bytes).toBe(large.length);
});
