import { describe, expect, it } from 'vitest';
import type { CommitChanges, PathChange } from '../../src/git/changes.js';
import { countPairs, walkHistory } from '../../src/replay/history-walk.js';
import { endsOfSpans, everyPair, randomPairs, type ProbeChoice } from '../../src/replay/probes.js';
import { SeededRandom } from '../support/seeded-random.js';

/** A history of random additions, changes and deletions of a few paths. */
async function* history(seed: number, commits: number): AsyncGenerator<CommitChanges> {
  const random = new SeededRandom(seed);
  const live = new Set<string>();
  for (let rev = 1; rev <= commits; rev++) {
    const changes: PathChange[] = [];
    for (const name of new Set(Array.from({ length: random.below(4) }, () => `p${random.below(8)}`))) {
      const entry = { mode: '100644', objectId: `${rev}` };
      const before = live.has(name) ? entry : undefined;
      const after = before !== undefined && random.below(3) === 0 ? undefined : entry;
      changes.push({ path: Buffer.from(name), before, after });
      if (after === undefined) live.delete(name);
      else live.add(name);
    }
    yield { commit: { id: `c${rev}`, parent: undefined }, rev, changes };
  }
}

async function standsFor(seed: number, choose: ProbeChoice): Promise<{ stands: number; reads: number }> {
  let stands = 0;
  let reads = 0;
  for await (const step of walkHistory(history(seed, 60))) {
    for (const probe of choose(step)) {
      stands += probe.stands;
      reads++;
    }
  }
  return { stands, reads };
}

describe('what is read back of a history', () => {
  it('stands for every (path, commit) pair exactly once, read one by one or at the ends of spans', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const pairs = await countPairs(history(seed, 60));
      expect(pairs).toBeGreaterThan(0);
      expect(await standsFor(seed, everyPair)).toEqual({ stands: pairs, reads: pairs });
      const ends = await standsFor(seed, endsOfSpans);
      expect(ends.stands).toBe(pairs);
      expect(ends.reads).toBeLessThan(pairs);
    }
  });

  it('is the same sample for the same seed, of pairs that exist', async () => {
    const pairs = await countPairs(history(1, 60));
    expect(await standsFor(1, randomPairs(pairs, 5))).toEqual({ stands: pairs, reads: pairs });
    const chosen = async (seed: number) => {
      const files: string[] = [];
      const choose = randomPairs(100_000, seed);
      for await (const step of walkHistory(history(1, 60)))
        for (const { file } of choose(step)) files.push(`${step.rev}:${file.blockId}`);
      return files;
    };
    expect(await chosen(1)).toEqual(await chosen(1));
    expect(await chosen(1)).not.toEqual(await chosen(2));
  });
});
