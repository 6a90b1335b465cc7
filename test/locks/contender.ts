import { inspect } from 'node:util';
import { createInterface } from 'node:readline';
import { writeSync } from 'node:fs';
import { StoreLockedError } from '@blockstrata/db-core';
import type { RawStorage } from '@blockstrata/db-p2p/storage';
import { storeOf } from '../crash/stores.js';
import type { Backend } from '../crash/messages.js';

/** What a contender is told to do, one JSON object a line. */
export type Command =
  | { readonly do: 'open'; readonly backend: Backend; readonly directory: string }
  | { readonly do: 'write'; readonly rev: number }
  | { readonly do: 'list' }
  | { readonly do: 'close' };

/** What came of it, one JSON object a line; times are of the machine's steady clock, in nanoseconds. */
export type Reply =
  | { readonly outcome: 'ready' | 'locked' | 'wrote' | 'closed' }
  | { readonly outcome: 'opened'; readonly at: string }
  | { readonly outcome: 'closing'; readonly at: string }
  | { readonly outcome: 'listed'; readonly revs: readonly number[] }
  | { readonly outcome: 'failed'; readonly error: string };

const BLOCK_ID = 'contended';

let storage: RawStorage | undefined;

async function obey(command: Command): Promise<Reply> {
  if (command.do === 'open') {
    const attempt = storeOf(command.backend, command.directory, 'strict');
    try {
      await attempt.open();
    } catch (error) {
      if (error instanceof StoreLockedError) return { outcome: 'locked' };
      throw error;
    }
    storage = attempt;
    return { outcome: 'opened', at: String(process.hrtime.bigint()) };
  }
  if (storage === undefined) return { outcome: 'failed', error: 'no store is open' };
  switch (command.do) {
    case 'write':
      await storage.saveRevision(BLOCK_ID, command.rev, { trxId: `by-${process.pid}` });
      return { outcome: 'wrote' };
    case 'list': {
      const revs = [];
      for await (const { rev } of storage.listRevisions(BLOCK_ID, 1, Number.MAX_SAFE_INTEGER)) revs.push(rev);
      return { outcome: 'listed', revs };
    }
    case 'close':
      tell({ outcome: 'closing', at: String(process.hrtime.bigint()) });
      await storage.close();
      storage = undefined;
      return { outcome: 'closed' };
  }
}

function tell(reply: Reply): void {
  writeSync(1, `${JSON.stringify(reply)}\n`);
}

createInterface({ input: process.stdin }).on('line', line => {
  obey(JSON.parse(line) as Command).then(tell, (error: unknown) => tell({ outcome: 'failed', error: inspect(error) }));
});
tell({ outcome: 'ready' });
