import type { HistoryStep, LiveFile, DeletedFile } from './history-walk.js';

/** Pairs up to which each of them is read for itself. */
export const PAIRS_READ_MAX = 200_000;

/** Pairs that a sample reads. */
export const SAMPLE_PAIRS = 1_000;

/** One read to make; `stands` is the number of (path, commit) pairs that it decides. */
export type Probe = { readonly file: LiveFile | DeletedFile; readonly stands: number };

/** Which reads to make at a step of a history. */
export type ProbeChoice = (step: HistoryStep) => Iterable<Probe>;

/** Reads every pair. */
export function* everyPair({ live, deleted }: HistoryStep): Generator<Probe> {
  for (const file of live.values()) yield { file, stands: 1 };
  for (const file of deleted) yield { file, stands: 1 };
}

/**
 * Reads each path at the commit that changed it, and again at the last commit before the next change. Where
 * both give the same, and no revision lies between them, every commit between them gives it too.
 */
export function* endsOfSpans({ rev, changed, deleted, ending }: HistoryStep): Generator<Probe> {
  for (const file of changed) yield { file, stands: 1 };
  for (const file of deleted) yield { file, stands: 1 };
  for (const file of ending) if (file.since < rev) yield { file, stands: rev - file.since };
}

/** Reads pairs that lie at random in a history of `pairs`, the same for the same seed. */
export function randomPairs(pairs: number, seed: number): ProbeChoice {
  const random = mulberry32(seed);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(SAMPLE_PAIRS, pairs)) chosen.add(Math.floor(random() * pairs));
  const ascending = [...chosen].sort((a, b) => a - b);
  let passed = 0;
  let next = 0;
  return function* ({ live, deleted }) {
    const end = passed + live.size + deleted.length;
    const here: number[] = [];
    for (let index = ascending[next]; index !== undefined && index < end; index = ascending[++next]) {
      here.push(index - passed);
    }
    passed = end;
    if (here.length === 0) return;
    const files = [...live.values(), ...deleted];
    for (const index of here) {
      const file = files[index];
      if (file !== undefined) yield { file, stands: 1 };
    }
  };
}

/** A small seeded generator of numbers in [0, 1): mulberry32, by Tommy Ettinger. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
