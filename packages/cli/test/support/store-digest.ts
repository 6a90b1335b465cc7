import { createHash } from 'node:crypto';
import type { LogEntry, RecordKind } from '@blockstrata/db-p2p/storage';
import { toJson } from '../../src/output/json.js';
import { withExistingStore } from '../../src/store/open-store.js';

const KINDS: readonly RecordKind[] = ['meta', 'rev', 'pend', 'trx', 'block', 'log'];

/** Digests all that a store holds; times, and digests that cover them, are left out. */
export function storeDigest(directory: string): Promise<string> {
  return withExistingStore(directory, async ({ storage }) => {
    const lines: string[] = [];
    for (const kind of KINDS) {
      for await (const { key, record, damage } of storage.scanRecords(kind)) {
        if (damage !== undefined) throw damage;
        lines.push(`${key.encoded} ${toJson(kind === 'log' ? withoutTime(record as LogEntry) : sorted(record))}`);
      }
    }
    return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
  });
}

function withoutTime({ seq, kind, trxId, rev, blockIds }: LogEntry): unknown {
  return { seq, kind, trxId, rev, blockIds };
}

/** Key order is no part of a value. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, child]) => [name, sorted(child)]));
}

/** The newest revision in the log of a store; 0: none. */
export function newestRevision(directory: string): Promise<number> {
  return withExistingStore(directory, async ({ storage }) => {
    await storage.open();
    for await (const { rev } of storage.readLog({ from: Math.max(storage.logSeq - 1, 0) })) return rev;
    return 0;
  });
}
