import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Durability } from '@blockstrata/db-p2p/storage';
import type { Absent } from '../harness/figure.js';
import type { CommitTarget } from '../stores/commit-target.js';
import { hashOfRecords, isOrderless, type RecordedTransaction, type StoredRecord } from '../workload/records.js';
import { loadPeer } from './load-peer.js';

/** What is used here of the package better-sqlite3. */
export interface SqliteDatabase {
  pragma(text: string): unknown;
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: unknown[]): unknown;
    get(...values: unknown[]): unknown;
    iterate(): Iterable<unknown>;
  };
  transaction<T extends unknown[]>(work: (...given: T) => void): (...given: T) => void;
  close(): void;
}

type SqliteModule = { default: new (path: string) => SqliteDatabase };

/** The package better-sqlite3, if it is there and was compiled. */
export async function loadSqlite(): Promise<((directory: string, durability: Durability) => SqliteDatabase) | Absent> {
  const sqlite = await loadPeer<SqliteModule>('better-sqlite3');
  if ('absent' in sqlite) return sqlite;
  try {
    new sqlite.default(':memory:').close();
  } catch (error) {
    return { name: 'better-sqlite3', absent: error instanceof Error ? error.message : String(error) };
  }
  return (directory, durability) => {
    mkdirSync(directory, { recursive: true });
    const db = new sqlite.default(join(directory, 'data.sqlite'));
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${durability === 'strict' ? 'FULL' : 'NORMAL'}`);
    db.exec('CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID');
    return db;
  };
}

/** better-sqlite3 in WAL mode writing the same records, one SQL transaction for the pend and one for the commit. */
export async function sqliteCommits(durability: Durability): Promise<CommitTarget | Absent> {
  const open = await loadSqlite();
  if ('absent' in open) return open;
  return {
    name: `better-sqlite3 (WAL, ${durability === 'strict' ? 'FULL' : 'NORMAL'}), the same records`,
    async open(directory, { recordedBefore, recorded }) {
      let db = open(directory, durability);
      const put = db.prepare('INSERT OR REPLACE INTO records VALUES (?, ?)');
      const remove = db.prepare('DELETE FROM records WHERE key = ?');
      const write = db.transaction((writes: RecordedTransaction['pend']) => {
        for (const { key, value } of writes) {
          if (value === undefined) remove.run(key.encoded);
          else put.run(key.encoded, value);
        }
      });
      for (const { pend, commit } of recordedBefore) write([...pend, ...commit]);
      return {
        async run(index) {
          const { pend, commit } = recorded[index] ?? { pend: [], commit: [] };
          write(pend);
          write(commit);
        },
        close: async () => void db.close(),
        reopen: async () => {
          db = open(directory, durability);
        },
        hash: () => hashOfRecords(orderlessRecords(db)),
      };
    },
  };
}

async function* orderlessRecords(db: SqliteDatabase): AsyncIterable<StoredRecord> {
  for (const row of db.prepare('SELECT key, value FROM records').iterate()) {
    const { key, value } = row as { key: string; value: Buffer };
    if (isOrderless(key)) yield [key, value];
  }
}
