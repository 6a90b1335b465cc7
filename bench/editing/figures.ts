import { createHash } from 'node:crypto';
import { bareLevel } from '../bare/level.js';
import { commitContender } from '../commit/time-commits.js';
import { compact } from '../growth/level-copies.js';
import type { Figure } from '../harness/figure.js';
import type { Asked } from '../harness/question.js';
import { Random } from '../harness/random.js';
import { timed } from '../harness/timed.js';
import { tableBytes } from '../growth/bytes-on-disk.js';
import { openOurs } from '../stores/open-ours.js';
import { ours, OURS } from '../stores/ours.js';
import { rawLevel } from '../stores/raw-level.js';
import { pendAndCommit } from '../workload/pend-and-commit.js';
import { recordWorkload, type Workload } from '../workload/records.js';
import type { Transactions } from '../workload/transactions.js';
import { textAfter, type Recording } from './recordings.js';
import { keystrokesOf, readText, revisionAfter, transactionsOf } from './session.js';

/** How a text is kept. */
export type TextShape = { readonly recording: Recording; readonly leafCharactersMax: number };

/** Edits a second. A text in one block is beside nobody: the records of all its copies would not fit in memory. */
export function editFigure({ recording, leafCharactersMax }: TextShape, { scratch }: Asked): Figure {
  const single = !Number.isFinite(leafCharactersMax);
  return {
    name: `editing: transactions, ${titleOf(recording, leafCharactersMax)}`,
    unit: '/s',
    ...(single ? { pairsMax: 1 } : {}),
    async prepare() {
      const transactions = transactionsOf(recording, leafCharactersMax);
      const workload = single ? unrecorded(transactions) : await recordWorkload(transactions, 'cbor');
      const contend = (target: ReturnType<typeof ours>) => commitContender(target, workload, { inFlight: 1 }, scratch);
      const peers = single ? [] : [rawLevel('relaxed'), bareLevel('relaxed')].map(contend);
      return { ours: contend(ours('LevelDB', 'relaxed')), peers };
    },
  };
}

const MOMENTS = 100;

/** Reads of the whole text at random moments, each compared with what the recording says. */
export function momentsFigure({ recording, leafCharactersMax }: TextShape, { scratch, check }: Asked): Figure {
  const title = titleOf(recording, leafCharactersMax);
  return {
    name: `editing: the text at ${MOMENTS} random moments, ${title}`,
    unit: '/s',
    ...(Number.isFinite(leafCharactersMax) ? {} : { pairsMax: 3 }),
    async prepare() {
      const directory = scratch.fresh('edited');
      const { before, timed: edits } = transactionsOf(recording, leafCharactersMax);
      const written = openOurs('LevelDB', directory, { durability: 'relaxed' });
      for (const transaction of [...before, ...edits]) await pendAndCommit(written.repo, transaction);
      await written.storage.close();
      const random = new Random(MOMENTS);
      const moments = Array.from({ length: MOMENTS }, () => random.below(edits.length + 1));
      const expected = moments.map(moment => textAfter(recording, moment));
      const run = async (round: number) => {
        const { storage, repo } = openOurs('LevelDB', directory, { durability: 'relaxed' });
        await storage.open();
        const texts: string[] = [];
        const ms = await timed(async () => {
          for (const moment of moments) texts.push(await readText(repo, revisionAfter(moment)));
        });
        if (round === 0) {
          const final = await readText(repo, revisionAfter(edits.length));
          const equal = texts.filter((text, i) => text === expected[i]).length;
          check({
            name: `editing: ${title}`,
            passed: final === recording.endContent && equal === MOMENTS,
            detail: `the final text ${final === recording.endContent ? 'is' : 'IS NOT'} the recorded one; ${equal} of ${MOMENTS} moments are`,
          });
        }
        await storage.close();
        return {
          value: MOMENTS / (ms / 1000),
          hash: createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16),
        };
      };
      return { ours: { name: OURS, run }, peers: [], dispose: () => scratch.discard(directory) };
    },
  };
}

/** Bytes on disk for each character typed or deleted, all revisions being kept. */
export function bytesFigure({ recording, leafCharactersMax }: TextShape, { scratch }: Asked): Figure {
  return {
    name: `editing: bytes for each keystroke, compacted, ${titleOf(recording, leafCharactersMax)}`,
    unit: 'B',
    pairsMax: 1,
    async prepare() {
      const run = async () => {
        const directory = scratch.fresh('edited');
        const { before, timed: edits } = transactionsOf(recording, leafCharactersMax);
        const { storage, repo } = openOurs('LevelDB', directory, { durability: 'relaxed' });
        for (const transaction of [...before, ...edits]) await pendAndCommit(repo, transaction);
        await storage.close();
        await compact(directory);
        const value = tableBytes(directory) / keystrokesOf(recording);
        scratch.discard(directory);
        return { value };
      };
      return { ours: { name: OURS, run }, peers: [] };
    },
  };
}

function titleOf(recording: Recording, leafCharactersMax: number): string {
  const kept = Number.isFinite(leafCharactersMax)
    ? `blocks of up to ${leafCharactersMax} characters`
    : 'a single block';
  return `${recording.name}, ${kept}`;
}

function unrecorded({ before, timed: edits }: Transactions): Workload {
  return { before, timed: edits, recordedBefore: [], recorded: [], logDigest: '', hash: '' };
}
