import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SEEDED_BUGS } from './bugs.js';

it.each(SEEDED_BUGS)('the seeded bug $name takes away a guard that is there once', async ({ file, find }) => {
  expect((await readFile(file, 'utf8')).split(find)).toHaveLength(2);
});
