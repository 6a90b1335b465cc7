import { BUNDLES, EVERYTHING, measureBundle, type BundleName, type MeasuredBundle } from './measure-bundles.js';

const NAME_WIDTH = 60;
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);

const columns = ['at the start', 'gzipped', 'later', 'gzipped'].map(column => column.padStart(13)).join('');
console.log(`${'minified, all dependencies in'.padEnd(NAME_WIDTH)}${columns}`);
for (const name of Object.keys(BUNDLES) as BundleName[]) {
  const measured = await measureBundle(name);
  printRow(name, measured);
  if (name === Object.keys(BUNDLES).at(-1)) printPackages(measured);
}
printRow('all of it: every export, in one file', await measureBundle(EVERYTHING, false));

function printRow(name: string, { start, later }: MeasuredBundle): void {
  const sizes = [start.bytes, start.gzippedBytes, later.bytes, later.gzippedBytes];
  console.log(`${name.padEnd(NAME_WIDTH)}${sizes.map(size => kB(size).padStart(13)).join('')}`);
}

function printPackages({ byPackage }: MeasuredBundle): void {
  for (const [from, bytes] of [...byPackage].sort(([, a], [, b]) => b - a)) {
    console.log(`  ${from.padEnd(NAME_WIDTH - 2)}${kB(bytes).padStart(13)}`);
  }
}
