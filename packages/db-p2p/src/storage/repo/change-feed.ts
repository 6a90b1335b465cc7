import type { IRawStorage } from '../raw-storage.js';
import type { LogEntry } from '../records.js';

/**
 * The entries of the commit log behind `from`, first the past ones, then each new one as it becomes visible: no gap, no
 * repeat. It reads from the store at the pace of its consumer, so a slow one costs no memory (INV-12).
 */
export async function* changeFeed(
  storage: IRawStorage,
  from: number,
  signal: AbortSignal | undefined,
): AsyncIterable<LogEntry> {
  let seen = from;
  for (;;) {
    for await (const entry of storage.readLog({ from: seen })) {
      signal?.throwIfAborted();
      seen = entry.seq;
      yield entry;
    }
    await storage.logGrowth(seen, signal);
  }
}
