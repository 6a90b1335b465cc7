import { isAbsent } from '../harness/figure.js';
import { openBareCacheReader, openBareLevelReader } from '../bare/level-reader.js';
import { hyperbeeReader, lmdbReader, sqliteReader } from '../peers/readers.js';
import { openOursReader } from '../stores/ours-reader.js';
import { openRawLevelReader } from '../stores/raw-level-reader.js';
import type { Backend } from '../stores/open-ours.js';
import type { Query, ReadSession } from '../stores/reader.js';

/** Who reads what, as it can be told to another process. */
export type ReaderPlan = {
  readonly kind: 'ours' | 'raw' | 'bare' | 'bare-cache' | 'lmdb' | 'sqlite' | 'hyperbee';
  readonly directory: string;
  readonly backend?: Backend;
  readonly cacheBytesMax?: number;
  readonly blockCount: number;
};

/** Opens a store for reading as it was planned. @throws TypeError if a peer is absent after all. */
export async function openReader(plan: ReaderPlan, queries: readonly Query[]): Promise<ReadSession> {
  const { kind, directory, backend = 'LevelDB', cacheBytesMax, blockCount } = plan;
  switch (kind) {
    case 'ours':
      return openOursReader(backend, directory, cacheBytesMax);
    case 'raw':
      return openRawLevelReader(directory);
    case 'bare':
      return openBareLevelReader(directory);
    case 'bare-cache':
      return openBareCacheReader(directory, queries);
    case 'lmdb':
    case 'sqlite':
    case 'hyperbee': {
      const peer = await READ_PEERS[kind]();
      if (isAbsent(peer)) throw new TypeError(`${peer.name} is absent: ${peer.absent}`);
      return peer.open(directory, blockCount);
    }
  }
}

/** The peers that can be filled and read. */
export const READ_PEERS = { lmdb: lmdbReader, sqlite: sqliteReader, hyperbee: hyperbeeReader };
