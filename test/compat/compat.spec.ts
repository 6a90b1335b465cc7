import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreFormatError } from '@blockstrata/db-core';
import { BlockStorage, StorageRepo, type IRawStorage } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from './frozen-store.js';

const FROZEN = join(import.meta.dirname, 'stores');
const BACKENDS: readonly { name: string; header: string; open: (directory: string) => IRawStorage }[] = [
  { name: 'file', header: '.store/header.json', open: directory => new FileRawStorage(directory) },
  { name: 'leveldb', header: 'header.json', open: directory => new LevelDBRawStorage(directory) },
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blockstrata-frozen-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function files(directory: string): Promise<Map<string, string>> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = names.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(paths.sort().map(async path => [path, await readFile(path, 'hex')] as const)));
}

describe('a store of an earlier format', () => {
  for (const { name, header, open } of BACKENDS) {
    it(`reads exactly as it was written: ${name}, version 1`, async () => {
      const directory = join(folder, 'store');
      await cp(join(FROZEN, `${name}-v1`), directory, { recursive: true });
      const storage = open(directory);
      const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage), { storage });
      expect((await repo.verify()).violations).toEqual([]);
      expect(await digestOf(repo)).toBe((await readFile(join(FROZEN, 'digest'), 'utf8')).trim());
      await storage.close();
    });

    it(`of a newer one is refused, and left untouched: ${name}`, async () => {
      const directory = join(folder, 'store');
      await cp(join(FROZEN, `${name}-v1`), directory, { recursive: true });
      const path = join(directory, header);
      await writeFile(path, (await readFile(path, 'utf8')).replace('"version":1', '"version":2'));
      const before = await files(directory);
      await expect(open(directory).open()).rejects.toThrow(StoreFormatError);
      expect(await files(directory)).toEqual(before);
    });
  }
});
