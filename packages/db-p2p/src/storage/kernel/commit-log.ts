import { CorruptRecordError } from '@blockstrata/db-core';
import { sha256 } from '#platform';
import { logKey } from '../driver/record-key.js';
import type { DriverWrite, StoreDriver } from '../driver/store-driver.js';
import type { LogDraft, LogEntry } from '../records.js';
import type { RecordCodec } from './codec.js';
import type { CleanMark } from './header.js';

const NO_DIGEST: Uint8Array = new Uint8Array(32);

/** Where a log ends: the sequence number of its last entry, and the digest of that entry's stored bytes. */
export type LogHead = { readonly seq: number; readonly digest: Uint8Array };

/** The end of the log of a store that has none. */
export const EMPTY_LOG: LogHead = { seq: 0, digest: NO_DIGEST };

/** The next entry behind `head`, its write, and where the log then ends. */
export function extendLog(
  codec: RecordCodec,
  head: LogHead,
  draft: LogDraft,
): { entry: LogEntry; write: DriverWrite; head: LogHead } {
  const seq = head.seq + 1;
  const entry: LogEntry = Object.freeze({
    seq,
    kind: draft.kind,
    trxId: draft.trxId,
    rev: draft.rev,
    blockIds: Object.freeze([...draft.blockIds]) as string[],
    time: draft.time,
    prev: head.digest,
  });
  const key = logKey(seq);
  const value = codec.seal(key, entry);
  return { entry, write: { key, value }, head: { seq, digest: sha256(value) } };
}

/** The digest of a log entry's stored bytes. */
export function logDigest(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}

/**
 * Finds where the log of an opened store ends: where the mark of a clean shutdown says, if that is so, which takes less
 * than a scan.
 *
 * @throws CorruptRecordError if its last entry is damaged.
 */
export async function readLogHead(
  driver: StoreDriver,
  codec: RecordCodec,
  clean: CleanMark | undefined,
): Promise<LogHead> {
  const marked = clean === undefined ? undefined : await readMarkedHead(driver, codec, clean);
  if (marked !== undefined) return marked;
  const { records } = await driver.scan({ kind: 'log', reverse: true, limit: 1 });
  const last = records[0];
  if (last?.key.kind !== 'log' || last.value === undefined) return EMPTY_LOG;
  codec.unseal(last.key, last.value);
  return { seq: last.key.seq, digest: sha256(last.value) };
}

async function readMarkedHead(
  driver: StoreDriver,
  codec: RecordCodec,
  { seq, digest }: CleanMark,
): Promise<LogHead | undefined> {
  if (seq === 0) return undefined;
  const bytes = await driver.get(logKey(seq));
  if (bytes === undefined || (await driver.get(logKey(seq + 1))) !== undefined) return undefined;
  const head = { seq, digest: sha256(bytes) };
  if (toHex(head.digest) !== digest) return undefined;
  codec.unseal(logKey(seq), bytes);
  return head;
}

/**
 * Checks that the log still holds what it held when the store was last closed.
 *
 * @throws CorruptRecordError if its tail is gone or another one (INV-3).
 */
export async function checkCleanMark(driver: StoreDriver, head: LogHead, clean: CleanMark): Promise<void> {
  if (clean.seq === 0) return;
  const bytes = await driver.get(logKey(clean.seq));
  if (bytes === undefined) {
    throw new CorruptRecordError(
      `the commit log of ${driver.name}`,
      `it ends at ${head.seq}, and reached ${clean.seq} when the store was closed`,
    );
  }
  if (toHex(sha256(bytes)) !== clean.digest) {
    throw new CorruptRecordError(
      `the commit log of ${driver.name}`,
      `entry ${clean.seq} is not the one that was there`,
    );
  }
}

/** The mark for a log that ends at `head`, in a store closed at `epoch`. */
export function cleanMark(head: LogHead, epoch: number): CleanMark {
  return { seq: head.seq, digest: toHex(head.digest), epoch };
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
