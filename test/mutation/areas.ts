import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A spec, or a folder of them; `only` some of its tests, by a pattern of their names. A long one is left out where the
 * code must be loaded anew for each mutant.
 */
export type SpecRun = { readonly spec: string; readonly only?: string; readonly isLong?: true };

/** Code that is mutated, and the specs that must notice: from the cheapest to the dearest. */
export type Area = {
  readonly name: string;
  readonly folder: string;
  readonly specs: readonly SpecRun[];
};

const STORAGE = 'packages/db-p2p/src/storage';
const STORAGE_TESTS = 'packages/db-p2p/test/storage';
const FILE_TESTS = 'packages/file-storage/test';
// The same suite runs over plain memory too, and with every backend; the model likewise. Size is not what is mutated.
const CONFORMANCE: SpecRun = {
  spec: 'packages/db-p2p/test/conformance/memory.spec.ts',
  only: '^RawStorage over a driver that can be made to fail (?!.*(mebibytes|thousand|hundred|large records))',
  isLong: true,
};
const RESTORE: SpecRun = { spec: `${STORAGE_TESTS}/restore.spec.ts` };
const BOUNDS: SpecRun = { spec: `${STORAGE_TESTS}/bounds.spec.ts` };
const RECOVER: SpecRun = { spec: `${STORAGE_TESTS}/recover.spec.ts` };
const MODEL: SpecRun = { spec: 'test/model/model.spec.ts', only: 'in memory', isLong: true };
const CRASH_IMAGES: SpecRun = {
  spec: 'test/simulation/crash-images-file.spec.ts',
  only: 'file store after a crash',
  isLong: true,
};

/** What the programme of proofs mutates. */
export const AREAS: readonly Area[] = [
  {
    name: 'kernel',
    folder: `${STORAGE}/kernel`,
    specs: [
      { spec: `${STORAGE_TESTS}/kernel` },
      { spec: `${STORAGE_TESTS}/clean-mark.spec.ts` },
      BOUNDS,
      CONFORMANCE,
      { spec: 'test/fuzz/decoders.spec.ts' },
      RECOVER,
      MODEL,
    ],
  },
  {
    name: 'journal',
    folder: 'packages/file-storage/src/journal',
    specs: [
      { spec: `${FILE_TESTS}/journal` },
      { spec: `${FILE_TESTS}/file-driver.spec.ts` },
      { spec: `${FILE_TESTS}/opening` },
      CRASH_IMAGES,
    ],
  },
  {
    name: 'BlockStorage',
    folder: `${STORAGE}/block`,
    specs: [
      { spec: `${STORAGE_TESTS}/block` },
      { spec: `${STORAGE_TESTS}/repo/overtaken-read.spec.ts` },
      RESTORE,
      BOUNDS,
      CONFORMANCE,
      RECOVER,
      { spec: 'test/fuzz/archives.spec.ts' },
      MODEL,
    ],
  },
  {
    name: 'StorageRepo',
    folder: `${STORAGE}/repo`,
    specs: [
      { spec: `${STORAGE_TESTS}/repo` },
      BOUNDS,
      CONFORMANCE,
      RESTORE,
      { spec: 'test/fuzz/requests.spec.ts' },
      MODEL,
    ],
  },
];

/** The specs of an area, file by file. */
export function specsOf({ specs }: Area): SpecRun[] {
  return specs.flatMap(run =>
    run.spec.endsWith('.ts')
      ? [run]
      : readdirSync(run.spec)
          .filter(name => name.endsWith('.spec.ts'))
          .map(name => ({ ...run, spec: join(run.spec, name) })),
  );
}
