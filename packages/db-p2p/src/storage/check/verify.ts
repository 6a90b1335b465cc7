import { contentEquals, CorruptRecordError, type BlockId } from '@blockstrata/db-core';
import type { RecordKind } from '../driver/record-key.js';
import { describeKey } from '../kernel/codec.js';
import { EMPTY_LOG, logDigest } from '../kernel/commit-log.js';
import type { RepoContext } from '../repo/call-context.js';
import type { IRawStorage } from '../raw-storage.js';
import type { BlockMetadata, LogEntry, RevisionRecord } from '../records.js';
import { readBlockRecords } from './block-history.js';
import { ReportBuilder, type CheckOptions, type VerifyReport } from './report.js';
import { verifyBlock } from './verify-block.js';

/** Checks every record of the store, and what they say of each other. Writes nothing. */
export async function verify(context: RepoContext, options: CheckOptions): Promise<VerifyReport> {
  await context.storage.open();
  const builder = new ReportBuilder(options, context.storage.limits.reportedViolationsMax);
  for (const { record, problem } of await context.storage.inspectEngine()) {
    builder.violation({ kind: 'damaged', problem, record });
  }
  await verifyLog(context, builder);
  await verifyBlocks(context, builder);
  await verifyOrphans(context, builder);
  return builder.build();
}

/** The chain of digests, and that every commit it tells of is there on all of its blocks (INV-2, INV-3). */
async function verifyLog({ storage }: RepoContext, builder: ReportBuilder): Promise<void> {
  let { seq, digest } = EMPTY_LOG;
  let intact = true;
  const total = storage.logSeq;
  for await (const { key, bytes, record, damage } of storage.scanRecords('log')) {
    if (key.kind !== 'log' || key.seq > total) continue;
    builder.logEntries++;
    builder.records++;
    builder.step('commit log', key.seq, total);
    const at = describeKey(key);
    if (key.seq !== seq + 1)
      builder.violation({
        kind: 'hole',
        problem: `the commit log lacks entries ${seq + 1} to ${key.seq - 1}`,
        record: at,
      });
    if (damage !== undefined) {
      builder.violation({ kind: 'damaged', problem: damage.message, record: at });
    } else {
      const entry = record as LogEntry;
      if (intact && key.seq === seq + 1 && !contentEquals(entry.prev, digest)) {
        builder.violation({ kind: 'mismatch', problem: 'it does not follow on the entry before it', record: at });
      }
      await verifyLogged(storage, entry, builder);
    }
    intact = damage === undefined;
    seq = key.seq;
    digest = logDigest(bytes);
  }
}

async function verifyLogged(storage: RepoContext['storage'], entry: LogEntry, builder: ReportBuilder): Promise<void> {
  for (const blockId of entry.blockIds) {
    // A damaged record is reported where its block is checked.
    const revision = await readRevision(storage, blockId, entry.rev);
    if (revision === 'damaged' || revision?.trxId === entry.trxId) continue;
    const { trxId, rev } = entry;
    builder.violation({
      kind: 'missing',
      problem: `commit log entry ${entry.seq} tells of a revision that is not there`,
      blockId,
      rev,
      trxId,
    });
  }
}

async function verifyBlocks({ storage, coordination }: RepoContext, builder: ReportBuilder): Promise<void> {
  for await (const { key, record, damage } of storage.scanRecords('meta')) {
    if (key.kind !== 'meta') continue;
    const { blockId } = key;
    builder.step('blocks', ++builder.blocks);
    builder.records++;
    if (damage !== undefined) {
      builder.violation({ kind: 'damaged', problem: damage.message, record: describeKey(key), blockId });
      continue;
    }
    // Under the latch, so that a commit in the middle does not look like a violation.
    const release = await coordination.latches.acquire([blockId]);
    try {
      const read = await storage.getMetadata(blockId).catch(ifDamaged);
      const head = read === undefined || read === 'damaged' ? (record as BlockMetadata) : read;
      const records = await readBlockRecords(storage, blockId);
      builder.revisions += records.revisions.length;
      builder.records += records.count;
      verifyBlock(blockId, head, records, violation => builder.violation(violation));
    } finally {
      release();
    }
  }
}

async function readRevision(
  storage: IRawStorage,
  blockId: BlockId,
  rev: number,
): Promise<RevisionRecord | 'damaged' | undefined> {
  try {
    return await storage.getRevision(blockId, rev);
  } catch (error) {
    return ifDamaged(error);
  }
}

function ifDamaged(error: unknown): 'damaged' {
  if (error instanceof CorruptRecordError) return 'damaged';
  throw error;
}

const BLOCK_RECORDS: readonly RecordKind[] = ['rev', 'pend', 'trx', 'block'];

/** Records of blocks that have no head. */
async function verifyOrphans({ storage }: RepoContext, builder: ReportBuilder): Promise<void> {
  const reported = new Set<BlockId>();
  for (const kind of BLOCK_RECORDS) {
    let last: BlockId | undefined;
    let done = 0;
    for await (const key of storage.scanKeys(kind)) {
      builder.step(`orphans (${kind})`, ++done);
      if (key.kind === 'log' || key.blockId === last) continue;
      last = key.blockId;
      const head = await storage.getMetadata(key.blockId).catch(ifDamaged);
      if (head !== undefined || reported.has(key.blockId)) continue;
      reported.add(key.blockId);
      const { blockId } = key;
      builder.violation({
        kind: 'missing',
        problem: 'the head of a block that has records',
        record: describeKey(key),
        blockId,
      });
    }
  }
}
