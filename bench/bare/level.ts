import type { Durability, LogEntry } from '@blockstrata/db-p2p/storage';
import { requireSame, type CommitTarget } from '../stores/commit-target.js';
import { GatheringWriter } from '../stores/gathering-writer.js';
import { lastLogDigest, openRawLevel, orderlessRecords, toOperations, type RawLevel } from '../stores/raw-level.js';
import { hashOfRecords } from '../workload/records.js';
import { LogChain, openRecords, rebuiltKey, sealFrame, type OpenRecord } from './frame.js';

/** The name of every bare program in the tables. */
export const BARE = 'bare program';

// As our driver gives them: V8 spreads an object of all fields in one copy.
const PUT = { type: 'put', key: '', value: new Uint8Array(0), keyEncoding: 'utf8', valueEncoding: 'view' } as const;
const DELETE = { type: 'del', key: '', keyEncoding: 'utf8' } as const;

type Step = { readonly key: string; readonly value: Uint8Array | undefined };

/**
 * What the format costs on LevelDB by itself: the same records as ours, sealed one by one, the digest chain of the log,
 * one synchronous look for a head that may be there, the same group commit and the same syncs. No latches, no validation,
 * no copy of what the caller passed, no decisions: it is told what to write.
 */
export function bareLevel(durability: Durability): CommitTarget {
  const options = { sync: durability === 'strict' };
  return {
    name: BARE,
    async open(directory, { recordedBefore, recorded }, logSeqBefore = 0) {
      let db = await openRawLevel(directory);
      const log = new LogChain(logSeqBefore);
      const writer = new GatheringWriter<Step>(steps => writeSteps(db, steps, options));
      for (const { pend, commit } of recordedBefore.map(transaction => toOperations(transaction)))
        await db.batch([...pend, ...commit], options);
      for (const { commit } of recordedBefore) {
        for (const { key, record } of openRecords(commit)) if (key.kind === 'log') log.append(record as LogEntry);
      }
      const transactions = recorded.map(({ pend, commit }) => ({
        pend: openRecords(pend),
        commit: openRecords(commit),
      }));
      // In a new store nothing is there but what was written since.
      const isNew = recordedBefore.length === 0 && logSeqBefore === 0;
      const heads = new Set<string>();
      const look = (head: string) => {
        if (!isNew || heads.has(head)) db.getSync(head);
        heads.add(head);
      };
      return {
        async run(index) {
          const { pend, commit } = transactions[index] ?? NOTHING;
          for (const { key } of pend) if (key.kind === 'meta') look(rebuiltKey(key));
          await writer.submit(sealSteps(pend, log));
          await writer.submit(sealSteps(commit, log));
        },
        close: () => db.close(),
        async reopen() {
          db = await openRawLevel(directory);
          requireSame('the digest of the last log entry', await lastLogDigest(db), log.digest);
        },
        hash: () => hashOfRecords(orderlessRecords(db)),
      };
    },
  };
}

const NOTHING = { pend: [], commit: [] };

function sealSteps(records: readonly OpenRecord[], log: LogChain): Step[] {
  return records.map(({ key, record }) => {
    if (key.kind === 'log') return log.append(record as LogEntry);
    const encoded = rebuiltKey(key);
    return { key: encoded, value: record && sealFrame(encoded, record) };
  });
}

async function writeSteps(db: RawLevel, steps: readonly Step[], options: { sync: boolean }): Promise<void> {
  const batch = db.batch();
  for (const { key, value } of steps) {
    if (value === undefined) batch.del(key, DELETE);
    else batch.put(key, value, PUT);
  }
  await batch.write(options);
}
