import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Durability, RawStorage } from '@blockstrata/db-p2p/storage';
import { FileRawStorage } from '@blockstrata/file-storage';
import { LevelDBRawStorage } from '@blockstrata/leveldb-storage';
import type { Backend } from './messages.js';

/** A store, with small buffers so that checkpoints are frequent. */
export function storeOf(backend: Backend, directory: string, durability: Durability): RawStorage {
  switch (backend) {
    case 'file':
      return new FileRawStorage(directory, { durability });
    case 'leveldb':
      return new LevelDBRawStorage(directory, { durability, writeBufferBytes: 64 * 1024 });
  }
}

/** Whether a killed owner was moving records from its log to where they stay. */
export async function wasCheckpointing(backend: Backend, directory: string): Promise<boolean> {
  if (backend === 'leveldb') return (await readdir(directory)).filter(name => name.endsWith('.log')).length > 1;
  const journal = await readdir(join(directory, '.store', 'journal')).catch(() => []);
  return journal.length > 1;
}
