import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Random } from '../harness/random.js';

/** At `position`, so many characters were deleted, and these inserted. */
export type Patch = readonly [position: number, deleted: number, inserted: string];

/** An editing session: its patches, applied in order, lead from one text to the other. */
export type Recording = {
  readonly name: string;
  readonly startContent: string;
  readonly endContent: string;
  readonly transactions: readonly (readonly Patch[])[];
};

/** Names the directory with recordings; without it they are looked for in ../shared/data. */
export const TRACES_VARIABLE = 'BLOCKSTRATA_TRACES';

const SUFFIX = '.json.gz';
const GENERATED_TRANSACTIONS = 10_000;

/** The recorded sessions, or one that was generated, where none are found; shortened to so many transactions. */
export function findRecordings(transactionsMax = Number.POSITIVE_INFINITY): Recording[] {
  const directory = process.env[TRACES_VARIABLE] ?? resolve('..', 'shared', 'data');
  const files = existsSync(directory) ? readdirSync(directory).filter(name => name.endsWith(SUFFIX)) : [];
  if (files.length === 0) return [generatedSession(Math.min(GENERATED_TRANSACTIONS, transactionsMax))];
  return files.map(file => shortened(readRecording(directory, file), transactionsMax));
}

/** The text after the first `count` transactions, told by plain arrays. */
export function textAfter({ startContent, transactions }: Recording, count: number): string {
  const text = [...startContent];
  for (const patches of transactions.slice(0, count)) {
    for (const [position, deleted, inserted] of patches) text.splice(position, deleted, ...inserted);
  }
  return text.join('');
}

function readRecording(directory: string, file: string): Recording {
  const recorded = JSON.parse(gunzipSync(readFileSync(join(directory, file))).toString()) as {
    startContent: string;
    endContent: string;
    txns: { patches: Patch[] }[];
  };
  const { startContent, endContent, txns } = recorded;
  // Some change nothing, and a transaction changes something.
  const transactions = txns
    .map(({ patches }) => patches)
    .filter(patches => patches.some(([, deleted, inserted]) => deleted > 0 || inserted !== ''));
  return { name: file.slice(0, -SUFFIX.length), startContent, endContent, transactions };
}

function shortened(recording: Recording, transactionsMax: number): Recording {
  if (recording.transactions.length <= transactionsMax) return recording;
  const transactions = recording.transactions.slice(0, transactionsMax);
  const endContent = textAfter(recording, transactionsMax);
  return { ...recording, name: `${recording.name}, the first ${transactionsMax}`, endContent, transactions };
}

const SEED = 7;
const JUMP_CHANCE = 0.02;
const DELETION_CHANCE = 0.15;

/** Someone who types, deletes now and then, and sometimes goes elsewhere. */
function generatedSession(count: number): Recording {
  const random = new Random(SEED);
  const transactions: Patch[][] = [];
  let length = 0;
  let cursor = 0;
  for (let t = 0; t < count; t++) {
    if (random.next() < JUMP_CHANCE) cursor = random.below(length + 1);
    if (cursor > 0 && random.next() < DELETION_CHANCE) {
      transactions.push([[--cursor, 1, '']]);
      length--;
    } else {
      transactions.push([[cursor++, 0, String.fromCharCode(97 + random.below(26))]]);
      length++;
    }
  }
  const session = {
    name: 'a generated session, no recordings being here',
    startContent: '',
    endContent: '',
    transactions,
  };
  return { ...session, endContent: textAfter(session, count) };
}
