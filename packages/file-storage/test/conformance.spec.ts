import { conformance } from '@blockstrata/db-p2p/conformance';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileRawStorage, nodeFileSystem, type FileRawStorageOptions } from '../src/index.js';
import { TreePlaces } from '../src/layout/tree-places.js';
import { FaultyFileSystem } from './faulty-file-system.js';

class TestedStorage extends FileRawStorage {
  readonly directory: string;
  readonly options: FileRawStorageOptions;
  readonly faulty: FaultyFileSystem;

  constructor(directory: string, options: FileRawStorageOptions) {
    const faulty = new FaultyFileSystem();
    super(directory, { ...options, fileSystem: faulty.fileSystem });
    this.directory = directory;
    this.options = options;
    this.faulty = faulty;
  }
}

describe('FileRawStorage', () => {
  const { cases, skipped } = conformance<TestedStorage>({
    describe,
    it,
    open: async options => new TestedStorage(join(await mkdtemp(join(tmpdir(), 'blockstrata-')), 'store'), options),
    reopen: (storage, options) => new TestedStorage(storage.directory, options),
    destroy: storage => rm(join(storage.directory, '..'), { recursive: true }),
    faults: {
      async damage(storage, key) {
        await storage.close();
        const file =
          key.kind === 'log' ? logFile(storage) : new TreePlaces(nodeFileSystem, storage.directory).file(key);
        const bytes = await readFile(file);
        const at = bytes.length >> 1;
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
        await writeFile(file, bytes);
        return new TestedStorage(storage.directory, storage.options);
      },
      async failReads(storage) {
        // Before that they are answered from memory.
        await storage.close();
        await storage.open();
        storage.faulty.failsReads = true;
      },
      failNextWrite(storage) {
        storage.faulty.failsNextWrite = true;
      },
    },
  });

  it('leaves no case of the suite out', () => {
    expect(cases).toBeGreaterThan(0);
    expect(skipped).toBe(0);
  });
});

function logFile(storage: TestedStorage): string {
  return join(storage.directory, '.store/log/0000000000000001.jsonl');
}
