import { describe, expect, it } from 'vitest';
import { filesBelow, importsOf, PACKAGES, type SourceFile } from './project/sources.js';

/** Which modules of the project the code in a folder may import; arrows run only downwards. */
const ALLOWED: readonly { folder: string; own: RegExp; except?: RegExp }[] = [
  { folder: 'packages/db-core/src', own: /^$/ },
  { folder: 'packages/db-p2p/src/cbor', own: /^$/ },
  { folder: 'packages/db-p2p/src/storage', own: /^@blockstrata\/db-core$/ },
  { folder: 'packages/db-p2p/src/conformance', own: /^@blockstrata\/db-core$/ },
  { folder: 'packages/db-p2p/src/network', own: /^@blockstrata\/db-core$/ },
  { folder: 'packages/file-storage/src', own: /^@blockstrata\/db-(core|p2p\/storage)$/ },
  { folder: 'packages/leveldb-storage/src', own: /^@blockstrata\/db-(core|p2p\/storage)$/ },
  { folder: 'packages/indexeddb-storage/src', own: /^@blockstrata\/db-(core|p2p\/storage)$/ },
];

const RUNS_IN_BROWSERS = [
  'packages/db-core/src',
  'packages/db-p2p/src/cbor',
  'packages/db-p2p/src/storage',
  'packages/indexeddb-storage/src',
];

/** The one file that brings in what Node has and browsers lack; `#platform` chooses it. */
const NODE_PLATFORM = 'packages/db-p2p/src/storage/platform/node.ts';

describe('the arrows between packages', () => {
  it.each(ALLOWED)('$folder imports no package that stands above it', ({ folder, own }) => {
    const files = filesBelow(folder, '.ts');
    expect(files.length).toBeGreaterThan(0);
    const upwards = offences(files, module => module.startsWith('@blockstrata/') && !own.test(module));
    expect(upwards).toEqual([]);
  });

  it('no file reaches into another package by a relative path', () => {
    for (const name of PACKAGES) {
      const depth = (file: SourceFile) => file.path.split('/').length - 3;
      const reaching = filesBelow(`packages/${name}/src`, '.ts').flatMap(file =>
        importsOf(file)
          .filter(module => (module.match(/\.\.\//g) ?? []).length > depth(file) - 1)
          .map(module => `${file.path}: ${module}`),
      );
      expect(reaching).toEqual([]);
    }
  });

  it('storage knows nothing of the network, and nothing of libp2p', () => {
    const storage = filesBelow('packages/db-p2p/src/storage', '.ts');
    expect(offences(storage, module => /libp2p|multiformats|\/network\//.test(module))).toEqual([]);
  });

  it('what runs in browsers imports nothing of Node', () => {
    for (const folder of RUNS_IN_BROWSERS) {
      const files = filesBelow(folder, '.ts').filter(({ path }) => path !== NODE_PLATFORM);
      expect(offences(files, module => module.startsWith('node:'))).toEqual([]);
    }
  });

  it('the conformance suite needs no test framework', () => {
    const suite = filesBelow('packages/db-p2p/src/conformance', '.ts');
    expect(offences(suite, module => /^(vitest|jest|mocha|chai|node:)/.test(module))).toEqual([]);
  });

  it('backends never parse a value: they import no codec', () => {
    for (const name of PACKAGES.filter(each => each.endsWith('-storage'))) {
      const files = filesBelow(`packages/${name}/src`, '.ts');
      expect(offences(files, module => /cbor|kernel/.test(module))).toEqual([]);
    }
  });
});

describe('the conformance suite', () => {
  it.each(['db-p2p', ...PACKAGES.filter(name => name.endsWith('-storage'))])('is run by %s', name => {
    const runs = filesBelow(`packages/${name}/test`, '.ts').filter(
      file =>
        importsOf(file).some(module => /(db-p2p\/conformance|src\/conformance\/index\.js)$/.test(module)) &&
        /\bconformance(<.*>)?\(/.test(file.text),
    );
    expect(runs.map(({ path }) => path)).not.toEqual([]);
  });
});

describe('the search for imports itself', () => {
  it('finds all kinds, and takes comments for what they are', () => {
    const text = [
      "import { a } from 'one';",
      "import type { b } from 'two';",
      "export * from 'three';",
      "const c = await import('four');",
      "import 'five';",
      " * import { d } from 'not-one';",
    ].join('\n');
    expect(importsOf({ path: '', text })).toEqual(['one', 'two', 'three', 'four', 'five']);
  });
});

function offences(files: readonly SourceFile[], isOffence: (module: string) => boolean): string[] {
  return files.flatMap(file =>
    importsOf(file)
      .filter(isOffence)
      .map(module => `${file.path} imports ${module}`),
  );
}
