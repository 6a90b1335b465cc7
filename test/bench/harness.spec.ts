import { describe, expect, it } from 'vitest';
import { readArguments } from '../../bench/harness/arguments.js';
import { compare, judge } from '../../bench/harness/compare.js';
import type { Figure } from '../../bench/harness/figure.js';
import { selfTimes } from '../../bench/harness/profile.js';
import { pairwiseRatios, spreadOf } from '../../bench/harness/statistics.js';
import { GatheringWriter } from '../../bench/stores/gathering-writer.js';

describe('the statistics of the benchmarks', () => {
  it('take the middle, and the quartiles between the nearest ranks', () => {
    expect(spreadOf([4, 1, 3, 2, 5])).toEqual({ median: 3, low: 2, high: 4, min: 1, max: 5 });
    expect(spreadOf([1, 2]).median).toBe(1.5);
  });

  it('compare what was measured in the same round', () => {
    expect(pairwiseRatios([10, 40], [20, 10])).toEqual([0.5, 4]);
  });
});

describe('comparing', () => {
  it('runs everyone once a round, ours first in one round and last in the next, and leaves out the warm-up', async () => {
    const order: string[] = [];
    const contender = (name: string, value: number) => ({
      name,
      run: async (round: number) => {
        order.push(`${name}${round}`);
        return { value, hash: 'same' };
      },
    });
    const row = await compare(
      figureOf(contender('ours', 8), [contender('peer', 4), { name: 'other', absent: 'not installed' }]),
      { pairs: 2 },
    );
    expect(order).toEqual(['ours0', 'peer0', 'ours1', 'peer1', 'peer2', 'ours2']);
    expect(row).toMatchObject({ pairs: 2, sameResult: true, absent: [{ name: 'other', absent: 'not installed' }] });
    expect(row.peers[0]?.ratio.median).toBe(2);
  });

  it('says so when two came to different results', async () => {
    const ours = { name: 'ours', run: async () => ({ value: 1, hash: 'a' }) };
    const peer = { name: 'peer', run: async () => ({ value: 1, hash: 'b' }) };
    expect((await compare(figureOf(ours, [peer]), { pairs: 1 })).sameResult).toBe(false);
  });

  function figureOf(ours: Parameters<typeof lineupOf>[0], peers: Parameters<typeof lineupOf>[1]): Figure {
    return { name: 'a figure', unit: '/s', prepare: async () => lineupOf(ours, peers) };
  }

  function lineupOf(
    ours: Awaited<ReturnType<Figure['prepare']>>['ours'],
    peers: Awaited<ReturnType<Figure['prepare']>>['peers'],
  ) {
    return { ours, peers };
  }
});

describe('a bound', () => {
  const peer = (name: string, samples: number[], ratio: number) => ({
    name,
    samples,
    spread: spreadOf(samples),
    ratio: spreadOf([ratio]),
  });

  it('is reached by the ratio itself, or at 0.95 of what the bare program reaches', () => {
    const peers = [peer('raw', [100], 0.6), peer('bare', [62], 0.97)];
    const bound = { against: 'raw', atLeast: 0.7 };
    expect(judge(bound, peers)).toMatchObject({ ratio: 0.6, reached: false });
    expect(judge({ ...bound, bare: 'bare' }, peers)).toMatchObject({ bareRatio: 0.62, reached: true });
    expect(judge({ ...bound, bare: 'bare' }, [peer('raw', [100], 0.58), peer('bare', [62], 0.94)])?.reached).toBe(
      false,
    );
  });

  it('can be one from above', () => {
    expect(judge({ against: 'raw', atMost: 1.5 }, [peer('raw', [1], 1.4)])?.reached).toBe(true);
    expect(judge({ against: 'raw', atMost: 1.5 }, [peer('raw', [1], 1.6)])?.reached).toBe(false);
  });

  it('is not judged where the peer is absent', () => {
    expect(judge({ against: 'raw', atLeast: 0.7 }, [])).toBeUndefined();
  });
});

describe('the reader of CPU profiles', () => {
  it('adds up self times by function, and tells nameless native functions apart by their callers', () => {
    const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('seal', 'file:///x/packages/db-p2p/dist/a.js'), children: [2] },
        { id: 2, callFrame: frame('') },
      ],
      samples: [1, 2, 1, 1],
      timeDeltas: [0, 1000, 3000, 2000],
    };
    expect(selfTimes([profile, profile])).toEqual([
      { name: 'seal', where: 'packages/db-p2p/dist/a.js:10', ms: 6, part: 0.5 },
      { name: 'native  in seal', where: 'packages/db-p2p/dist/a.js:10', ms: 6, part: 0.5 },
    ]);
  });
});

describe('the arguments of npm run bench', () => {
  it('default to 15 pairs, and to 3 for small sizes', () => {
    expect(readArguments(['commit'])).toMatchObject({ question: 'commit', small: false, pairs: 15 });
    expect(readArguments(['read', '--small', '--only', 'tip', '--only', 'LevelDB'])).toMatchObject({
      pairs: 3,
      only: ['tip', 'LevelDB'],
    });
  });

  it('are refused where they make no sense', () => {
    expect(() => readArguments([])).toThrow(TypeError);
    expect(() => readArguments(['commit', '--pairs', '0'])).toThrow(TypeError);
  });
});

describe('the group commit of the peers', () => {
  it('writes in order, one write at a time, and gathers what comes meanwhile', async () => {
    const groups: number[][] = [];
    let writing = 0;
    const writer = new GatheringWriter<number>(async steps => {
      expect(++writing).toBe(1);
      await new Promise(resolve => setImmediate(resolve));
      groups.push(steps);
      writing--;
    });
    const first = writer.submit([1]);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.all([first, writer.submit([2]), writer.submit([3])]);
    expect(groups).toEqual([[1], [2, 3]]);
  });
});
