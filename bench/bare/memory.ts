import type { DriverWrite, LogEntry } from '@blockstrata/db-p2p/storage';
import { requireSame, type CommitTarget } from '../stores/commit-target.js';
import { hashOfRecords, isOrderless, type StoredRecord } from '../workload/records.js';
import { LogChain, openRecords, rebuiltKey, sealFrame, type OpenRecord } from './frame.js';
import { BARE } from './level.js';

/** What the format costs by itself: the records sealed, the log chained, and put into a Map. */
export function bareMemory(): CommitTarget {
  return {
    name: BARE,
    async open(_directory, { recordedBefore, recorded, timed }) {
      const records = new Map<string, Uint8Array>();
      const log = new LogChain();
      const put = (opened: readonly OpenRecord[]) => {
        for (const { key, record } of opened) {
          if (key.kind === 'log') {
            const entry = log.append(record as LogEntry);
            records.set(entry.key, entry.value);
          } else if (record === undefined) records.delete(rebuiltKey(key));
          else records.set(rebuiltKey(key), sealFrame(key.encoded, record));
        }
      };
      for (const { pend, commit } of recordedBefore) put(openRecords([...pend, ...commit]));
      const before = log.seq;
      const transactions = recorded.map(({ pend, commit }) => [pend, commit].map(openRecordsOf));
      return {
        async run(index) {
          for (const step of transactions[index] ?? []) {
            put(step);
            await Promise.resolve();
          }
        },
        close: async () => undefined,
        reopen: async () => requireSame('the length of the log', log.seq, before + timed.length),
        hash: () => hashOfRecords(orderless(records)),
      };
    },
  };
}

function openRecordsOf(writes: readonly DriverWrite[]): OpenRecord[] {
  return openRecords(writes);
}

async function* orderless(records: ReadonlyMap<string, Uint8Array>): AsyncIterable<StoredRecord> {
  for (const [key, value] of records) if (isOrderless(key)) yield [key, value];
}
