import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from '@blockstrata/cli';
import { afterAll, expect, it } from 'vitest';
import { makeSampleRepository } from '../scripts/sample-repository.js';

const folder = mkdtempSync(join(tmpdir(), 'blockstrata-sample-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the repository that npm start makes outside a checkout is the same every time, and comes out again', async () => {
  const path = join(folder, 'sample');
  const head = () => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: makeSampleRepository(path), encoding: 'utf8' });
  expect(head()).toBe(head());
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const argv = ['replay', path, '--backend', 'memory', '--verify', 'all'];
  expect(await run(argv, { stdout, stderr, signal: new AbortController().signal })).toBe(0);
  expect(String(stdout.read())).toMatch(/^verified ([1-9]\d*) of \1\n$/m);
});
