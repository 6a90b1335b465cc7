import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockStorage, MemoryRawStorage, StorageRepo } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import { digestOf, writeFrozenStore } from './frozen-store.js';

/** Makes the frozen stores of the present format. Run it once for each format version that is released, never again. */
const version = process.argv[2];
if (version === undefined || !/^\d+$/.test(version)) throw new TypeError('usage: freeze.ts VERSION');
const frozen = join(import.meta.dirname, 'stores');
for (const [name, open] of [
  ['file', (directory: string) => new FileRawStorage(directory)],
  ['leveldb', (directory: string) => new LevelDBRawStorage(directory)],
] as const) {
  const directory = join(frozen, `${name}-v${version}`);
  await rm(directory, { recursive: true, force: true });
  await writeFrozenStore(open(directory));
}
const memory = new MemoryRawStorage();
await writeFrozenStore(memory);
await memory.open();
const repo = new StorageRepo(blockId => new BlockStorage(blockId, memory), { storage: memory });
await writeFile(join(frozen, 'digest'), `${await digestOf(repo)}\n`);
