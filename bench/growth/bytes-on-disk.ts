import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Encoder } from 'cbor-x';
import type { Figure } from '../harness/figure.js';
import type { Scratch } from '../harness/scratch.js';
import { openOurs } from '../stores/open-ours.js';
import { OURS } from '../stores/ours.js';
import { ContentSource, idOf } from '../workload/content.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { insertion, update, type Transaction } from '../workload/transactions.js';
import { compact } from './level-copies.js';

const BLOCKS = 10;
const ALLOWED_FACTOR = 2;
const ALLOWED_BYTES = 400;

/** Bytes on disk that one more revision takes up: a one-field update of a block of 1 KiB, after compaction. */
export function bytesForEachRevision(revisions: number, scratch: Scratch, bounded: boolean): Figure {
  const allowance = `${ALLOWED_FACTOR} × the encoded transform + ${ALLOWED_BYTES} B`;
  return {
    name: `growth: bytes on disk for a one-field update, LevelDB, compacted, ${revisions} revisions`,
    unit: 'B',
    pairsMax: 3,
    ...(bounded ? { bound: { against: allowance, atMost: 1 } } : {}),
    async prepare() {
      return {
        ours: { name: OURS, run: async () => ({ value: await measure(revisions, scratch) }) },
        peers: [{ name: allowance, run: async () => ({ value: allowedBytes() }) }],
      };
    },
  };
}

async function measure(revisions: number, scratch: Scratch): Promise<number> {
  const before = await sizeWith(1, scratch);
  const after = await sizeWith(revisions, scratch);
  return (after - before) / (BLOCKS * (revisions - 1));
}

async function sizeWith(revisions: number, scratch: Scratch): Promise<number> {
  const directory = scratch.fresh('bytes');
  const { storage, repo } = openOurs('LevelDB', directory, { durability: 'relaxed' });
  const content = new ContentSource(1);
  for (let b = 0; b < BLOCKS; b++) {
    const blockId = idOf('bytes', b);
    const name = `bytes ${b}`;
    await pendAndCommit(repo, insertion(name, 0, [blockId], content));
    for (let r = 1; r < revisions; r++) await pendAndCommit(repo, update(name, r, [blockId], content));
  }
  await storage.close();
  await compact(directory);
  const size = tableBytes(directory);
  scratch.discard(directory);
  return size;
}

/** LevelDB's tables; its log is empty after a compaction, and its other files do not grow with the records. */
export function tableBytes(directory: string): number {
  const tables = readdirSync(directory).filter(name => name.endsWith('.ldb'));
  return tables.reduce((total, name) => total + statSync(join(directory, name)).size, 0);
}

function allowedBytes(): number {
  const encoder = new Encoder({ useRecords: false });
  const blockId = idOf('bytes', 0);
  const { pend }: Transaction = update('bytes', 1, [blockId], new ContentSource(1));
  const transform = { updates: pend.transforms.updates?.[blockId] };
  return ALLOWED_FACTOR * encoder.encode(transform).length + ALLOWED_BYTES;
}
