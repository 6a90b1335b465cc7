import { metaKey, trxKey } from '@blockstrata/db-p2p/storage';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TemporaryFiles } from '../../src/file-system/temporary-files.js';
import { nodeFileSystem, type FileSystem } from '../../src/index.js';
import { TreePlaces, type TreeKey } from '../../src/layout/tree-places.js';
import { TreeReader } from '../../src/tree/tree-reader.js';
import { TreeWriter } from '../../src/tree/tree-writer.js';
import { put, text } from '../driver-bench.js';

const KEYS: readonly TreeKey[] = ['a', 'b'].flatMap(block => [
  metaKey(block),
  trxKey('pend', block, '1'),
  trxKey('pend', block, '2'),
  trxKey('trx', block, '1'),
]);

let directory: string;
let trees = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'blockstrata-places-'));
});

afterEach(() => rm(directory, { recursive: true }));

/** A tree that is read whenever a directory is about to be made, and once it is there. */
function makeTree() {
  const root = join(directory, String(trees++));
  const temporary = `${root}-temporary`;
  mkdirSync(root);
  mkdirSync(temporary);
  let looks = 0;
  const readAll = () => new Map(KEYS.map(key => [key.encoded, text(reader.getNow(key))]));
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    statusSync(path) {
      looks++;
      return nodeFileSystem.statusSync(path);
    },
    async mkdir(path) {
      readAll();
      await nodeFileSystem.mkdir(path);
      readAll();
    },
  };
  const places = new TreePlaces(fileSystem, root);
  const reader = new TreeReader(fileSystem, places);
  const writer = new TreeWriter({ fileSystem, temporary: new TemporaryFiles(fileSystem, temporary), places, root });
  return { reader, writer, readAll, lookCount: () => looks };
}

it('what is in the tree is found, whenever a reader has looked for its directory before (INV-6)', async () => {
  const batch = fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 4, selector: key => key.encoded });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 5 }), async batches => {
      const { writer, readAll } = makeTree();
      const truth = new Map(KEYS.map(key => [key.encoded, '']));
      for (const [i, keys] of batches.entries()) {
        await writer.apply(
          keys.map(key => put(key, String(i))),
          false,
        );
        for (const key of keys) truth.set(key.encoded, String(i));
        expect(readAll()).toEqual(truth);
      }
    }),
    { numRuns: 60 },
  );
});

it('a directory is looked for once, and no file where there is none', () => {
  const { reader, lookCount } = makeTree();
  const has = (i: number) => reader.has(trxKey('pend', 'a', String(i)));
  expect(Array.from({ length: 100 }, (_, i) => has(i))).not.toContain(true);
  expect(lookCount()).toBe(1);
});
