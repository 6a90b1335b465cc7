import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Area } from './areas.js';
import { findMutants } from './find-mutants.js';
import type { Mutant, MutantNumber } from './mutant.js';

/** A source file of an area, with its mutants, which are numbered through the area. */
export type MutatedFile = {
  readonly path: string;
  readonly text: string;
  readonly mutants: readonly Mutant[];
  readonly first: MutantNumber;
};

/** All files of an area; the same numbers in every process. */
export function filesOf({ folder }: Area): MutatedFile[] {
  let first = 0;
  return readdirSync(folder)
    .filter(name => name.endsWith('.ts'))
    .map(name => {
      const path = join(folder, name);
      const text = readFileSync(path, 'utf8');
      const file = { path, text, mutants: findMutants(path, text), first };
      first += file.mutants.length;
      return file;
    });
}
