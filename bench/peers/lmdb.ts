import { join } from 'node:path';
import type { Durability } from '@blockstrata/db-p2p/storage';
import type { Absent } from '../harness/figure.js';
import type { CommitTarget } from '../stores/commit-target.js';
import { hashOfRecords, isOrderless, type RecordedTransaction, type StoredRecord } from '../workload/records.js';
import { loadPeer } from './load-peer.js';

/** What is used here of a database of the package lmdb. */
export interface LmdbDatabase {
  get(key: string): Buffer | undefined;
  put(key: string, value: Uint8Array): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  /** Queues what `steps` does as one atomic step; resolves when it is committed. */
  batch(steps: () => void): Promise<boolean>;
  getRange(): Iterable<{ key: string; value: Buffer }>;
  close(): Promise<void>;
}

type LmdbModule = { open(options: Record<string, unknown>): LmdbDatabase };

/** The package lmdb, if it is there. */
export async function loadLmdb(): Promise<((directory: string, durability: Durability) => LmdbDatabase) | Absent> {
  const lmdb = await loadPeer<LmdbModule>('lmdb');
  if ('absent' in lmdb) return lmdb;
  return (directory, durability) =>
    lmdb.open({
      path: join(directory, 'data.mdb'),
      encoding: 'binary',
      // By default a promise of lmdb resolves before the sync; this makes it mean what ours means.
      overlappingSync: false,
      noSync: durability === 'relaxed',
      mapSize: MAP_BYTES,
    });
}

const MAP_BYTES = 8 * 2 ** 30;

/** lmdb writing the same records, one atomic step for the pend and one for the commit; it has a group commit of its own. */
export async function lmdbCommits(durability: Durability): Promise<CommitTarget | Absent> {
  const open = await loadLmdb();
  if ('absent' in open) return open;
  return {
    name: 'lmdb, the same records',
    async open(directory, { recordedBefore, recorded }) {
      let db = open(directory, durability);
      const write = (writes: RecordedTransaction['pend']) =>
        db.batch(() => {
          for (const { key, value } of writes) {
            if (value === undefined) void db.remove(key.encoded);
            else void db.put(key.encoded, value);
          }
        });
      for (const { pend, commit } of recordedBefore) await write([...pend, ...commit]);
      return {
        async run(index) {
          const { pend, commit } = recorded[index] ?? { pend: [], commit: [] };
          await write(pend);
          await write(commit);
        },
        close: () => db.close(),
        async reopen() {
          db = open(directory, durability);
          db.get('l');
        },
        hash: () => hashOfRecords(orderlessRecords(db)),
      };
    },
  };
}

async function* orderlessRecords(db: LmdbDatabase): AsyncIterable<StoredRecord> {
  for (const { key, value } of db.getRange()) if (isOrderless(key)) yield [key, value];
}
