import type { Plugin } from 'vitest/config';
import { SEEDED_BUG_VARIABLE } from './bug.js';
import { SEEDED_BUGS } from './bugs.js';

/** Builds the bug that the environment names into the tests; what ships never holds one. */
export function seededBugPlugin(): Plugin[] {
  const name = process.env[SEEDED_BUG_VARIABLE];
  if (name === undefined) return [];
  const bug = SEEDED_BUGS.find(candidate => candidate.name === name);
  if (bug === undefined) throw new TypeError(`there is no seeded bug ${JSON.stringify(name)}`);
  return [
    {
      name: 'seeded-bug',
      enforce: 'pre',
      transform: (code, id) => (id.endsWith(bug.file) ? code.replace(bug.find, () => bug.replace) : undefined),
    },
  ];
}
