/** The environment variable that names the file in which `npm run test:long` finds what was covered. */
export const COVERED_VARIABLE = 'BLOCKSTRATA_COVERED';

/** How much of what: `{ images: 500 }`. */
export type Covered = Readonly<Record<string, number>>;

/** Tells `npm run test:long` what a test has really covered, once it has; without effect in other runs. */
export function reportCovered(covered: Covered): void {
  const file = process.env[COVERED_VARIABLE];
  if (file === undefined) return;
  // Not an import: the random tests run in browsers too, where nothing is reported.
  process.getBuiltinModule('node:fs').appendFileSync(file, `${JSON.stringify(covered)}\n`);
}
