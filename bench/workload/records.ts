import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import {
  BlockStorage,
  RawStorage,
  StorageRepo,
  type DriverSupports,
  type DriverWrite,
} from '@blockstrata/db-p2p/storage';
import { runInNewProcess } from '../harness/child.js';
import { fixedClock } from './fixed-clock.js';
import { pendAndCommit } from './pend-and-commit.js';
import { RecordingDriver } from './recording-driver.js';
import type { Transaction, Transactions, WorkloadShape } from './transactions.js';

/** What our engine writes for a transaction: one batch for the pend, and one for the commit. */
export type RecordedTransaction = { readonly pend: readonly DriverWrite[]; readonly commit: readonly DriverWrite[] };

/** Transactions with the records that they come to. */
export type Workload = {
  readonly before: readonly Transaction[];
  readonly timed: readonly Transaction[];
  readonly recordedBefore: readonly RecordedTransaction[];
  readonly recorded: readonly RecordedTransaction[];
  /** The digest of the newest log entry after all of them, in this order. */
  readonly logDigest: string;
  /** {@link hashOfRecords} of the store after all of them. */
  readonly hash: string;
};

/**
 * Makes transactions, and has our engine write them once, in memory, to see the records. That is done in another process:
 * V8 remembers of each place in the code how long its objects lived, and beside a driver that keeps everything they live
 * long, so that it would go on to put what our engine makes among the old ones at once.
 */
export function makeWorkload(shape: WorkloadShape, encoding: DriverSupports['encoding']): Promise<Workload> {
  const task = new URL(`./record-task${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  return runInNewProcess<RecordTask, Workload>(task, { shape, encoding });
}

/** What {@link makeWorkload} asks of the other process. */
export type RecordTask = { readonly shape: WorkloadShape; readonly encoding: DriverSupports['encoding'] };

/** Has our engine write transactions once, in memory, to see the records. */
export async function recordWorkload(
  { before, timed }: Transactions,
  encoding: DriverSupports['encoding'],
): Promise<Workload> {
  const driver = new RecordingDriver(encoding);
  await using storage = new RawStorage(driver, { clock: fixedClock });
  const repo = new StorageRepo(blockId => new BlockStorage(blockId, storage));
  const record = async (transactions: readonly Transaction[]): Promise<RecordedTransaction[]> => {
    const recorded: RecordedTransaction[] = [];
    for (const transaction of transactions) {
      await pendAndCommit(repo, transaction);
      const [pend = [], commit = []] = driver.takeBatches();
      recorded.push({ pend, commit });
    }
    return recorded;
  };
  const recordedBefore = await record(before);
  const recorded = await record(timed);
  const last = recorded.at(-1)?.commit.find(({ key }) => key.kind === 'log')?.value ?? new Uint8Array();
  const hash = await hashOfRecords(recordsOf(storage));
  return { before, timed, recordedBefore, recorded, logDigest: digestOf(last), hash };
}

/** A stored record: its encoded key and its bytes. */
export type StoredRecord = readonly [encodedKey: string, bytes: Uint8Array];

/** Whether the record is the same in whatever order concurrent transactions were logged: all but the log is. */
export function isOrderless(encodedKey: string): boolean {
  return !encodedKey.startsWith('l');
}

/** A digest over records in the order of their keys. */
export async function hashOfRecords(records: AsyncIterable<StoredRecord>): Promise<string> {
  const digests: string[] = [];
  for await (const [encodedKey, bytes] of records) {
    digests.push(createHash('sha256').update(encodedKey).update('\0').update(bytes).digest('base64url'));
  }
  return createHash('sha256').update(digests.sort().join()).digest('hex').slice(0, 16);
}

/** Every record of one of our stores but the log. */
export async function* recordsOf(storage: RawStorage): AsyncIterable<StoredRecord> {
  for (const kind of ['meta', 'rev', 'pend', 'trx', 'block'] as const) {
    for await (const { key, bytes, damage } of storage.scanRecords(kind)) {
      if (damage !== undefined) throw damage;
      yield [key.encoded, bytes];
    }
  }
}

/** SHA-256 in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
