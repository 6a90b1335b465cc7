import { BUNDLES, measureBundle, type BundleName } from './measure-bundles.js';

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);

console.log(`${'minified, all dependencies in'.padEnd(48)}${'plain'.padStart(9)} ${'gzipped'.padStart(9)}`);
for (const name of Object.keys(BUNDLES) as BundleName[]) {
  const { bytes, gzippedBytes, byPackage } = await measureBundle(name);
  console.log(`${name.padEnd(48)}${kB(bytes)} ${kB(gzippedBytes)}`);
  if (name !== Object.keys(BUNDLES).at(-1)) continue;
  for (const [from, part] of [...byPackage].sort(([, a], [, b]) => b - a))
    console.log(`  ${from.padEnd(46)}${kB(part)}`);
}
