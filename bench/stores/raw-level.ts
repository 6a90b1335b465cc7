import { ClassicLevel, type BatchOperation } from 'classic-level';
import { logKey, type DriverWrite, type Durability } from '@blockstrata/db-p2p/storage';
import {
  DEFAULT_BLOCK_CACHE_BYTES,
  DEFAULT_OPEN_FILES_MAX,
  DEFAULT_WRITE_BUFFER_BYTES,
} from '@blockstrata/leveldb-storage';
import {
  digestOf,
  hashOfRecords,
  isOrderless,
  type RecordedTransaction,
  type StoredRecord,
} from '../workload/records.js';
import { requireSame, type CommitTarget } from './commit-target.js';
import { GatheringWriter } from './gathering-writer.js';

/** A LevelDB as our driver opens it, without anything around it. */
export type RawLevel = ClassicLevel<string, Uint8Array>;

type Operation = BatchOperation<RawLevel, string, Uint8Array>;

/** Opens LevelDB with the settings of our driver. */
export async function openRawLevel(directory: string): Promise<RawLevel> {
  const db = new ClassicLevel<string, Uint8Array>(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    cacheSize: DEFAULT_BLOCK_CACHE_BYTES,
    writeBufferSize: DEFAULT_WRITE_BUFFER_BYTES,
    maxOpenFiles: DEFAULT_OPEN_FILES_MAX,
  });
  await db.open();
  return db;
}

/** The name of {@link rawLevel} in every table. */
export const RAW_LEVEL = 'raw classic-level';

/**
 * classic-level's promise API writing the very records that we write, sealed beforehand: one batch for the pend and one
 * for the commit. With many in flight it has a group commit too.
 */
export function rawLevel(durability: Durability): CommitTarget {
  const options = { sync: durability === 'strict' };
  return {
    name: RAW_LEVEL,
    async open(directory, { recordedBefore, recorded, logDigest }, logSeqBefore = 0) {
      let db = await openRawLevel(directory);
      for (const { pend, commit } of recordedBefore.map(transaction => toOperations(transaction)))
        await db.batch([...pend, ...commit], options);
      const transactions = recorded.map(transaction => toOperations(transaction, logSeqBefore));
      const writer = new GatheringWriter<Operation>(steps => db.batch(steps, options));
      return {
        async run(index) {
          const { pend, commit } = transactions[index] ?? NOTHING;
          await writer.submit(pend);
          await writer.submit(commit);
        },
        close: () => db.close(),
        async reopen() {
          db = await openRawLevel(directory);
          requireSame('the digest of the last log entry', await lastLogDigest(db), logDigest);
        },
        hash: () => hashOfRecords(orderlessRecords(db)),
      };
    },
  };
}

const NOTHING = { pend: [], commit: [] };

/** The same steps as classic-level takes them; entries of the log behind those that are there. */
export function toOperations(
  { pend, commit }: RecordedTransaction,
  logSeqBefore = 0,
): { pend: Operation[]; commit: Operation[] } {
  const toOperation = (write: DriverWrite) => operationOf(write, logSeqBefore);
  return { pend: pend.map(toOperation), commit: commit.map(toOperation) };
}

function operationOf({ key, value }: DriverWrite, logSeqBefore: number): Operation {
  const { encoded } = key.kind === 'log' && logSeqBefore > 0 ? logKey(key.seq + logSeqBefore) : key;
  return value === undefined ? { type: 'del', key: encoded } : { type: 'put', key: encoded, value };
}

/** The digest of the newest entry of the commit log in a LevelDB. */
export async function lastLogDigest(db: RawLevel): Promise<string> {
  const [last] = await db.iterator({ gte: 'l', lt: 'm', reverse: true, limit: 1 }).all();
  return digestOf(last?.[1] ?? new Uint8Array());
}

/** All records of a LevelDB but those of the commit log. */
export async function* orderlessRecords(db: RawLevel): AsyncIterable<StoredRecord> {
  for await (const [key, value] of db.iterator()) if (isOrderless(key)) yield [key, value];
}
