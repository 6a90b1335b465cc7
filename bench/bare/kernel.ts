import type { IBlock, Transform } from '@blockstrata/db-core';
import type {
  BlockMetadata,
  Durability,
  LogEntry,
  PendingRecord,
  RawBatch,
  RawStorage,
  RevisionRecord,
  TrxRecord,
} from '@blockstrata/db-p2p/storage';
import type { CommitTarget } from '../stores/commit-target.js';
import { openOurs } from '../stores/open-ours.js';
import { sessionOf } from '../stores/ours.js';
import type { RecordedTransaction } from '../workload/records.js';
import { openRecords, type OpenRecord } from './frame.js';

/** The name of our kernel without a repository in the tables. */
export const KERNEL = 'our kernel alone';

type KernelTransaction = {
  readonly blockIds: readonly string[];
  readonly pend: readonly OpenRecord[];
  readonly commit: readonly OpenRecord[];
};

/**
 * Our own kernel on LevelDB, told what to write: sealing, the log, group commit, the cache, one look for the heads before
 * each batch. What is left out is the repository: latches, validation, the copy of what the caller passed, decisions,
 * events. Between a bare program and us it tells which of the two halves costs what.
 */
export function kernelAlone(durability: Durability): CommitTarget {
  return {
    name: KERNEL,
    async open(directory, { recordedBefore, recorded }) {
      const { storage } = openOurs('LevelDB', directory, { durability });
      await storage.open();
      for (const transaction of recordedBefore) await write(storage, told(transaction));
      return sessionOf(storage, recorded.map(told), transaction => write(storage, transaction));
    },
  };
}

async function write(storage: RawStorage, { blockIds, pend, commit }: KernelTransaction): Promise<void> {
  for (const records of [pend, commit]) {
    const looking = storage.getMetadataMany(blockIds);
    if (looking instanceof Promise) await looking;
    const batch = storage.batch();
    for (const record of records) put(batch, record);
    await batch.write();
  }
}

function put(batch: RawBatch, { key, record }: OpenRecord): void {
  switch (key.kind) {
    case 'meta':
      batch.saveMetadata(key.blockId, record as BlockMetadata);
      break;
    case 'rev':
      batch.saveRevision(key.blockId, key.rev, record as RevisionRecord);
      break;
    case 'pend':
      if (record === undefined) batch.deletePendingTransaction(key.blockId, key.trxId);
      else batch.savePendingTransaction(key.blockId, key.trxId, record as PendingRecord);
      break;
    case 'trx':
      batch.saveTransaction(key.blockId, key.trxId, record as TrxRecord);
      break;
    case 'block':
      if (record === undefined) batch.deleteMaterializedBlock(key.blockId, key.trxId);
      else batch.saveMaterializedBlock(key.blockId, key.trxId, record as IBlock);
      break;
    case 'log': {
      const { kind, trxId, rev, blockIds, time } = record as LogEntry;
      batch.appendLog({ kind, trxId, rev, blockIds, time });
    }
  }
}

/** The records of a transaction as the repository hands them over: frozen, and one transform for all that hold it. */
function told(transaction: RecordedTransaction): KernelTransaction {
  const pend = openRecords(transaction.pend);
  const transforms = new Map<string, Transform>();
  for (const { key, record } of pend) {
    if (key.kind === 'pend') transforms.set(key.blockId, (record as PendingRecord).transform);
  }
  const commit = openRecords(transaction.commit).map(({ key, record }): OpenRecord => {
    const transform = key.kind === 'log' ? undefined : transforms.get(key.blockId);
    if (transform === undefined || record === undefined) return { key, record };
    if (key.kind === 'trx') return { key, record: { ...record, transform } };
    return { key, record: key.kind === 'block' && transform.insert !== undefined ? transform.insert : record };
  });
  for (const { record } of [...pend, ...commit]) freeze(record);
  return { blockIds: [...transforms.keys()], pend, commit };
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const child of Object.values(value)) freeze(child);
  Object.freeze(value);
}
